/** Compressed data of files that are not trusted: never more than it says, never out of proportion to the file. */
import { workerThreads, zlib } from '../builtins.ts';
import { FileError, checkFile } from '../file.ts';

/**
 * Data may unpack to this many times its packed size, or to SMALL_BYTES if that is more. MNIST's images unpack to 5
 * times theirs; deflate could reach 1,032 times.
 */
const MAX_RATIO = 100;
const SMALL_BYTES = 1 << 20;
/**
 * What may unpack to more than this many times its size, and to more than LARGE_BYTES, is looked through before: with its
 * file beside it, damaged data would take more than 4 times the file. MNIST's images unpack to 47 MB.
 */
const PLAIN_RATIO = 3;
const LARGE_BYTES = 48 << 20;

/** Milliseconds, more than 4 GB take. */
const TIMEOUT = 120_000;

/** gzip, with its header and checksum, or deflate alone. */
export type Packing = 'gzip' | 'deflate';

/**
 * Unpacks `packed` to exactly `bytes` bytes, of the checksum `crc` where it is given. `what` completes "expected … to
 * hold 18 bytes …".
 *
 * @throws FileError where it is damaged, holds more or less, or `bytes` is out of proportion
 */
export function unpack(
  op: string,
  name: string,
  packed: Uint8Array,
  bytes: number,
  what: string,
  packing: Packing,
  crc?: number,
): Buffer {
  const most = Math.max(SMALL_BYTES, packed.length * MAX_RATIO);
  checkFile(
    bytes <= most,
    op,
    name,
    `hold at most ${most} bytes${what} in ${packed.length} packed ones`,
    `${bytes}`,
  );
  const holds = `hold ${bytes} bytes${what}`;
  if (bytes > LARGE_BYTES && bytes > PLAIN_RATIO * packed.length) {
    const found = measure(packed, bytes, packing, crc);
    checkFile(
      found === bytes,
      op,
      name,
      holds,
      found > bytes ? 'more' : found < 0 ? 'damaged data' : `${found}`,
    );
  }
  const decompress = packing === 'gzip' ? zlib().gunzipSync : zlib().inflateRawSync;
  let unpacked: Buffer;
  try {
    // One chunk for all of it, so that it is not in memory twice
    unpacked = decompress(packed, {
      maxOutputLength: Math.max(1, bytes),
      chunkSize: Math.max(64, bytes + 1),
    });
  } catch (error) {
    const more = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new FileError(op, name, holds, more ? 'more' : `damaged data (${(error as Error).message})`, {
      cause: error,
    });
  }
  checkFile(unpacked.length === bytes, op, name, holds, `${unpacked.length}`);
  const sum = crc === undefined ? undefined : zlib().crc32(unpacked);
  checkFile(sum === crc, op, name, `${holds} with the checksum ${crc}`, `${sum}`);
  return unpacked;
}

/** Counts what comes out and keeps none of it. Node unpacks piece by piece only where an event loop turns. */
const MEASURE = `
const { workerData: { packed, packing, bytes, crc, found, done } } = require('node:worker_threads');
const { crc32, createGunzip, createInflateRaw } = require('node:zlib');
const stream = packing === 'gzip' ? createGunzip() : createInflateRaw();
const end = () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0); };
let sum = 0;
const fail = () => { found[0] = -1; end(); };
stream.on('data', (part) => {
  if (crc !== undefined) sum = crc32(part, sum);
  found[0] += part.length;
  if (found[0] > bytes) { stream.destroy(); end(); }
});
stream.on('error', fail);
stream.on('end', () => (crc !== undefined && sum !== crc ? fail() : end()));
stream.end(packed);
`;

/** How many bytes `packed` holds, -1 if it is damaged, and more than `bytes` if it holds more than that. */
function measure(packed: Uint8Array, bytes: number, packing: Packing, crc: number | undefined): number {
  const found = new Float64Array(new SharedArrayBuffer(8));
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new (workerThreads().Worker)(MEASURE, {
    eval: true,
    workerData: { packed, packing, bytes, crc, found, done },
  });
  worker.unref();
  const waited = Atomics.wait(done, 0, 0, TIMEOUT);
  return waited === 'timed-out' ? -1 : found[0]!;
}
