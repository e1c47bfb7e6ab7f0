/**
 * The IDX format of MNIST and its relatives: two zero bytes, an element type, the number of dimensions, the dimensions
 * as big-endian 32-bit integers, the elements. Gzipped files are read as well. Such files are hostile input: every
 * length is checked before it is used.
 */
import { zlib } from '../builtins.ts';
import { sizeOf } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import { FileError, checkFile, readWholeFile } from '../file.ts';
import { Tensor } from '../tensor.ts';
import { ELEMENTS, readElements } from './elements.ts';
import type { ElementName } from './elements.ts';
import { unpack } from './unpack.ts';

/** Element types by their code in the header. */
const TYPES: Record<number, ElementName> = {
  0x08: 'u1',
  0x09: 'i1',
  0x0b: 'i2',
  0x0c: 'i4',
  0x0d: 'f4',
  0x0e: 'f8',
};

const MAX_DIMENSIONS = 8;
/** The longest header. */
const HEADER_BYTES = 4 + 4 * MAX_DIMENSIONS;
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
  const { shape, type, headerBytes, totalBytes } = parseHeader(op, name, start);
  const what = `, as its header says (${shape.join(' x ')} ${ELEMENTS[type].name})`;
  let whole = bytes;
  if (gzipped) {
    const trailer = Buffer.from(bytes.subarray(-4)).readUInt32LE(); // the length, for damage that need not be unpacked
    const holds = `hold ${totalBytes} bytes${what}`;
    checkFile(trailer === totalBytes >>> 0, op, name, holds, `a gzip trailer that says ${trailer}`);
    whole = unpack(op, name, bytes, totalBytes, what, 'gzip');
  }
  checkFile(whole.length === totalBytes, op, name, `hold ${totalBytes} bytes${what}`, `${whole.length}`);
  return new Tensor<DType>(readElements(whole.subarray(headerBytes), type, false), shape);
}

function parseHeader(
  op: string,
  name: string,
  start: Uint8Array,
): { shape: number[]; type: ElementName; headerBytes: number; totalBytes: number } {
  checkFile(start.length >= 4, op, name, 'hold an IDX header', `${start.length} bytes`);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const magic = `0x${view.getUint32(0).toString(16).padStart(8, '0')}`;
  const type = TYPES[start[2]!];
  const isIdx = start[0] === 0 && start[1] === 0 && type !== undefined;
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
  const totalBytes = headerBytes + sizeOf(shape) * ELEMENTS[type].array.BYTES_PER_ELEMENT;
  const most = 0xffffffff;
  checkFile(totalBytes <= most, op, name, `be of at most ${most} bytes`, `dimensions ${shape.join(' x ')}`);
  return { shape, type, headerBytes, totalBytes };
}

/** The first bytes of a gzipped file, without unpacking the rest. */
function unpackStart(op: string, name: string, bytes: Uint8Array): Uint8Array {
  try {
    // Deflate cannot make more than 1,032 bytes of one: this is half a megabyte at worst.
    const { gunzipSync, constants } = zlib();
    return gunzipSync(bytes.subarray(0, 512), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
      0,
      HEADER_BYTES,
    );
  } catch (error) {
    throw new FileError(op, name, 'be gzipped data', (error as Error).message, { cause: error });
  }
}
