/**
 * The IDX format of MNIST and its relatives: two zero bytes, an element type, the number of dimensions, the dimensions
 * as big-endian 32-bit integers, the elements. Gzipped files are read as well. Such files are hostile input: every
 * length is checked before it is used.
 */
import { gunzipSync, constants } from 'node:zlib';
import { sizeOf } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import { FileError, checkFile, readWholeFile } from '../file.ts';
import { Tensor } from '../tensor.ts';

/** Element types by their code in the header: bytes an element, and how they become a tensor's. */
const ELEMENTS: Record<
  number,
  { name: string; bytes: number; read: (view: DataView, count: number) => Elements }
> = {
  0x08: {
    name: 'uint8',
    bytes: 1,
    read: (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice(),
  },
  0x09: {
    name: 'int8',
    bytes: 1,
    read: (view, n) => Int32Array.from({ length: n }, (_, i) => view.getInt8(i)),
  },
  0x0b: {
    name: 'int16',
    bytes: 2,
    read: (view, n) => Int32Array.from({ length: n }, (_, i) => view.getInt16(2 * i)),
  },
  0x0c: {
    name: 'int32',
    bytes: 4,
    read: (view, n) => Int32Array.from({ length: n }, (_, i) => view.getInt32(4 * i)),
  },
  0x0d: {
    name: 'float32',
    bytes: 4,
    read: (view, n) => Float32Array.from({ length: n }, (_, i) => view.getFloat32(4 * i)),
  },
  0x0e: {
    name: 'float64',
    bytes: 8,
    read: (view, n) => Float64Array.from({ length: n }, (_, i) => view.getFloat64(8 * i)),
  },
};
type Elements = Uint8Array | Int32Array | Float32Array | Float64Array;

const MAX_DIMENSIONS = 8;
/** The longest header. */
const HEADER_BYTES = 4 + 4 * MAX_DIMENSIONS;
/**
 * A gzipped file may unpack to this many times its own size, or to this many bytes if that is more. MNIST's images unpack
 * to 5 times theirs; deflate could reach 1,032 times.
 */
const MAX_RATIO = 100;
const SMALL_BYTES = 1048576;

/**
 * The tensor of an IDX file, gzipped or not. int8 and int16 elements become int32.
 *
 * @throws FileError unless the file holds exactly what its header says
 */
export function loadIdx(path: string): Tensor<DType> {
  return parseIdx(readWholeFile('loadIdx', path), path);
}

/**
 * As `loadIdx`, of bytes in memory. `name` stands for the file in errors.
 *
 * @throws FileError
 */
export function parseIdx(bytes: Uint8Array, name = 'the data'): Tensor<DType> {
  const op = 'loadIdx';
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const start = gzipped ? unpackStart(op, name, bytes) : bytes.subarray(0, HEADER_BYTES);
  const { shape, element, headerBytes, totalBytes } = parseHeader(op, name, start);
  const holds = `hold ${totalBytes} bytes, as its header says (${shape.join(' x ')} ${element.name})`;
  let whole = bytes;
  if (gzipped) {
    const most = Math.max(SMALL_BYTES, bytes.length * MAX_RATIO);
    checkFile(totalBytes <= most, op, name, `unpack to at most ${most} bytes`, `${totalBytes}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = view.getUint32(bytes.length - 4, true); // gzip's last word
    checkFile(length === totalBytes >>> 0, op, name, holds, `a gzip trailer that says ${length}`);
    whole = unpack(op, name, bytes, totalBytes, holds);
  }
  checkFile(whole.length === totalBytes, op, name, holds, `${whole.length}`);
  const view = new DataView(whole.buffer, whole.byteOffset + headerBytes, totalBytes - headerBytes);
  return new Tensor(element.read(view, sizeOf(shape)), shape);
}

function parseHeader(
  op: string,
  name: string,
  start: Uint8Array,
): { shape: number[]; element: (typeof ELEMENTS)[number]; headerBytes: number; totalBytes: number } {
  checkFile(start.length >= 4, op, name, 'hold an IDX header', `${start.length} bytes`);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const magic = `0x${view.getUint32(0).toString(16).padStart(8, '0')}`;
  const element = ELEMENTS[start[2]!];
  const isIdx = start[0] === 0 && start[1] === 0 && element !== undefined;
  checkFile(isIdx, op, name, 'begin with an IDX magic number 0x00000801 … 0x00000e08', magic);
  const dims = start[3]!;
  checkFile(dims >= 1 && dims <= MAX_DIMENSIONS, op, name, `have 1 to ${MAX_DIMENSIONS} dimensions`, dims);
  const headerBytes = 4 + 4 * dims;
  checkFile(
    start.length >= headerBytes,
    op,
    name,
    `hold a header of ${headerBytes} bytes`,
    `${start.length} bytes`,
  );
  const shape = Array.from({ length: dims }, (_, i) => view.getUint32(4 + 4 * i));
  const totalBytes = headerBytes + sizeOf(shape) * element.bytes;
  const most = 0xffffffff;
  checkFile(totalBytes <= most, op, name, `be of at most ${most} bytes`, `dimensions ${shape.join(' x ')}`);
  return { shape, element, headerBytes, totalBytes };
}

/** The first bytes of a gzipped file, without unpacking the rest. */
function unpackStart(op: string, name: string, bytes: Uint8Array): Uint8Array {
  try {
    // Deflate cannot make more than 1,032 bytes of one: this is half a megabyte at worst.
    return gunzipSync(bytes.subarray(0, 512), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
      0,
      HEADER_BYTES,
    );
  } catch (error) {
    throw new FileError(op, name, 'be gzipped data', (error as Error).message, { cause: error });
  }
}

function unpack(op: string, name: string, bytes: Uint8Array, expected: number, holds: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: expected });
  } catch (error) {
    const more = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new FileError(
      op,
      name,
      more ? holds : 'be gzipped data',
      more ? 'more' : (error as Error).message,
      {
        cause: error,
      },
    );
  }
}
