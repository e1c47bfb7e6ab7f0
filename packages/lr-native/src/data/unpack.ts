/** Compressed data of files that are not trusted: never more than it says, never out of proportion to the file. */
import type { InputType, ZlibOptions } from 'node:zlib';
import { FileError, checkFile } from '../file.ts';

/**
 * Data may unpack to this many times its packed size, or to this many bytes if that is more. MNIST's images unpack to 5
 * times theirs; deflate could reach 1,032 times.
 */
const MAX_RATIO = 100;
const SMALL_BYTES = 1048576;

/**
 * Unpacks `packed` to exactly `bytes` bytes. `what` completes "expected … to hold 18 bytes …".
 *
 * @throws FileError where it is damaged, holds more or less, or `bytes` is out of proportion
 */
export function unpack(
  op: string,
  name: string,
  packed: Uint8Array,
  bytes: number,
  what: string,
  decompress: (data: InputType, options: ZlibOptions) => Buffer,
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
  let unpacked: Buffer;
  try {
    unpacked = decompress(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch (error) {
    const more = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new FileError(op, name, holds, more ? 'more' : `damaged data (${(error as Error).message})`, {
      cause: error,
    });
  }
  checkFile(unpacked.length === bytes, op, name, holds, `${unpacked.length}`);
  return unpacked;
}
