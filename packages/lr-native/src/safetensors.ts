/**
 * Safetensors files: named tensors and a little text, nothing that runs. The format: 8 bytes of header length (little
 * endian), the header as JSON (safetensors-header.ts), then the elements of every tensor without gaps.
 * Source: https://github.com/huggingface/safetensors
 */
import { checkType } from '@org/lr-core';
import { hostOf } from './device-array.ts';
import { ARRAY_TYPES, bytesOf, dtypeOf } from './dtype.ts';
import type { ArrayOf, DType } from './dtype.ts';
import { FileError, checkFile, sourceOf, withFile, writeFileAtomic } from './file.ts';
import type { ByteSource } from './file.ts';
import { isUnicode, parseHeader } from './safetensors-header.ts';
import type { HeaderEntry } from './safetensors-header.ts';
import { smallFloats } from './small-floats.ts';
import { Tensor } from './tensor.ts';

/** As the reference implementation: more is taken for an attack. */
const MAX_HEADER_BYTES = 100_000_000;

interface Format {
  /** Of an element; 4 of them fill 3 bytes, or 2 of them one, where it is less than 8. */
  readonly bits: number;
  /** The elements in an array of a tensor, widened where there is no such type; null where none holds them. */
  readonly decode: ((buffer: ArrayBuffer) => ArrayOf[DType]) | null;
}

/** Every element type of the format. */
const FORMATS: Readonly<Record<string, Format>> = {
  F64: { bits: 64, decode: (buffer) => new Float64Array(buffer) },
  I64: { bits: 64, decode: (buffer) => new BigInt64Array(buffer) },
  U64: { bits: 64, decode: (buffer) => new BigInt64Array(buffer) },
  C64: { bits: 64, decode: (buffer) => new Float32Array(buffer) },
  F32: { bits: 32, decode: (buffer) => new Float32Array(buffer) },
  I32: { bits: 32, decode: (buffer) => new Int32Array(buffer) },
  U32: { bits: 32, decode: (buffer) => BigInt64Array.from(new Uint32Array(buffer), BigInt) },
  F16: { bits: 16, decode: (buffer) => smallFloats('F16', new Uint16Array(buffer)) },
  BF16: { bits: 16, decode: (buffer) => smallFloats('BF16', new Uint16Array(buffer)) },
  I16: { bits: 16, decode: (buffer) => Int32Array.from(new Int16Array(buffer)) },
  U16: { bits: 16, decode: (buffer) => Int32Array.from(new Uint16Array(buffer)) },
  I8: { bits: 8, decode: (buffer) => Int32Array.from(new Int8Array(buffer)) },
  U8: { bits: 8, decode: (buffer) => new Uint8Array(buffer) },
  BOOL: { bits: 8, decode: (buffer) => new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1)) },
  F8_E4M3: { bits: 8, decode: (buffer) => smallFloats('F8_E4M3', new Uint8Array(buffer)) },
  F8_E4M3FNUZ: { bits: 8, decode: (buffer) => smallFloats('F8_E4M3FNUZ', new Uint8Array(buffer)) },
  F8_E5M2: { bits: 8, decode: (buffer) => smallFloats('F8_E5M2', new Uint8Array(buffer)) },
  F8_E5M2FNUZ: { bits: 8, decode: (buffer) => smallFloats('F8_E5M2FNUZ', new Uint8Array(buffer)) },
  F8_E8M0: { bits: 8, decode: (buffer) => smallFloats('F8_E8M0', new Uint8Array(buffer)) },
  // How four of them lie in three bytes is not written down anywhere.
  F6_E2M3: { bits: 6, decode: null },
  F6_E3M2: { bits: 6, decode: null },
  F4: { bits: 4, decode: (buffer) => smallFloats('F4', halves(new Uint8Array(buffer))) },
};

/** The names of FORMATS that tensors are written as. */
const NAMES: Readonly<Record<DType, string>> = {
  float64: 'F64',
  int64: 'I64',
  float32: 'F32',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};

/** The two halves of each byte, the low one first. */
function halves(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length * 2);
  bytes.forEach((byte, i) => out.set([byte & 15, byte >> 4], 2 * i));
  return out;
}

/** The tensors of a file by name, and its text. */
export interface SafetensorsFile {
  tensors: Record<string, Tensor<DType>>;
  metadata: Record<string, string>;
}

/**
 * Writes tensors to a file, atomically: a reader sees the old file or the new one.
 *
 * @param record such as the stateDict() of a module
 * @param metadata text for the header
 * @throws ArgumentError before anything is written; the error of the file system
 */
export function saveSafetensors(
  path: string,
  record: Readonly<Record<string, Tensor<DType>>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  checkType(typeof path === 'string', 'saveSafetensors', 'path', 'a string', path);
  writeFileAtomic(path, encodeSafetensors('saveSafetensors', record, metadata));
}

/** The parts of a file, one after another: the first has a buffer of its own, the others are the tensors' arrays, of those on a device copies. */
export function encodeSafetensors(
  op: string,
  record: Readonly<Record<string, Tensor<DType>>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer>[] {
  checkType(typeof record === 'object' && record !== null, op, 'record', 'a record of tensors', record);
  for (const [name, tensor] of Object.entries(record)) {
    checkType(name !== '__metadata__', op, 'a name', 'any but __metadata__, which has a meaning,', name);
    checkType(isUnicode(name), op, 'a name', 'Unicode text', name);
    const isTensor =
      tensor instanceof Tensor && ARRAY_TYPES[dtypeOf(tensor.data) ?? 'bool'] === ARRAY_TYPES[tensor.dtype];
    checkType(isTensor, op, `record[${JSON.stringify(name)}]`, 'a Tensor', tensor);
  }
  for (const [key, text] of Object.entries(metadata)) {
    const isText = typeof text === 'string' && isUnicode(text) && isUnicode(key);
    checkType(isText, op, `metadata[${JSON.stringify(key)}]`, 'a string', text);
  }

  // Wide elements first, so that each array is aligned for readers that map the file.
  const bitsOf = (tensor: Tensor<DType>): number => FORMATS[NAMES[tensor.dtype]]!.bits;
  const entries = Object.entries(record).sort(([, a], [, b]) => bitsOf(b) - bitsOf(a));
  let offset = 0;
  const header: [string, unknown][] = entries.map(([name, tensor]) => {
    const begin = offset;
    offset += tensor.data.byteLength;
    return [name, { dtype: NAMES[tensor.dtype], shape: tensor.shape, data_offsets: [begin, offset] }];
  });
  if (Object.keys(metadata).length > 0) header.unshift(['__metadata__', metadata]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(json.length / 8) * 8;
  checkType(length <= MAX_HEADER_BYTES, op, 'the header', `of at most ${MAX_HEADER_BYTES} bytes`, length);
  const start = new Uint8Array(8 + length).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(length), true);
  start.set(json, 8);
  return [start, ...entries.map(([, { data }]) => bytesOf(hostOf(data)) as Uint8Array<ArrayBuffer>)];
}

/**
 * The tensors of a file, for `loadStateDict`. Types that tensors lack are widened: floats of 16 bits and fewer become
 * float32; int8, int16 and uint16 int32; uint32 and uint64 int64; complex64 float32 with a last dimension
 * of (real, imaginary).
 *
 * @throws FileError where the file is not there or any length, offset, type or shape in it does not fit
 */
export function loadSafetensors(path: string): Record<string, Tensor<DType>> {
  return readSafetensors(path).tensors;
}

/** The tensors and the text of a file. @throws as loadSafetensors */
export function readSafetensors(path: string): SafetensorsFile {
  checkType(typeof path === 'string', 'loadSafetensors', 'path', 'a string', path);
  return withFile('loadSafetensors', path, (source) => readSafetensorsFrom(source, path));
}

/** As `readSafetensors`, of bytes in memory. `path` stands for the file in errors. @throws FileError */
export function parseSafetensors(bytes: Uint8Array, path = 'the data'): SafetensorsFile {
  return readSafetensorsFrom(sourceOf('loadSafetensors', path, bytes), path);
}

/** As `readSafetensors`, of all bytes of `source`: the tensors' arrays are filled as they come. @throws FileError */
export function readSafetensorsFrom(source: ByteSource, path: string): SafetensorsFile {
  const op = 'loadSafetensors';
  const { size } = source;
  checkFile(size >= 8, op, path, 'begin with 8 bytes of header length', `${size} bytes`);
  const prefix = Buffer.alloc(8);
  source.read(prefix);
  const length = prefix.readBigUInt64LE();
  const fits = length <= MAX_HEADER_BYTES && Number(length) <= size - 8;
  checkFile(fits, op, path, `have the header of ${length} bytes that it declares`, `${size} bytes`);
  const json = new Uint8Array(Number(length));
  source.read(json);
  const { entries, metadata } = parseHeader(op, path, json);
  const tensors = entries.map((entry) => ({ ...entry, format: checkEntry(op, path, entry) }));

  // Every byte of the body belongs to exactly one tensor.
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of tensors) {
    checkFile(begin === at, op, path, `have ${JSON.stringify(name)} begin at ${at}`, begin);
    at = end;
  }
  const body = size - 8 - Number(length);
  checkFile(at === body, op, path, `have ${at} bytes of elements`, `${body} bytes`);

  const read = tensors.map(({ name, dtype, shape, begin, end, format }) => {
    const bytes = new Uint8Array(end - begin);
    source.read(bytes);
    const data = format.decode(bytes.buffer);
    if (dtype === 'U64') checkSigned(op, path, name, data as BigInt64Array);
    const dims = dtype === 'C64' ? [...shape, 2] : shape;
    const tensor = new Tensor<DType>(data, dims, dtype === 'BOOL' ? 'bool' : undefined);
    return [name, tensor] as const;
  });
  return { tensors: Object.fromEntries(read), metadata };
}

/** @throws FileError unless the type is known and the shape's elements fill the entry's bytes */
function checkEntry(
  op: string,
  path: string,
  { name, dtype, shape, begin, end }: HeaderEntry,
): { decode: NonNullable<Format['decode']> } {
  const label = JSON.stringify(name);
  const known = Object.hasOwn(FORMATS, dtype);
  checkFile(known, op, path, `give ${label} a dtype of ${Object.keys(FORMATS).join(', ')}`, dtype);
  const { bits, decode } = FORMATS[dtype]!;
  let total = bits;
  for (const length of shape) total *= length;
  const bytes = Math.ceil(total / 8);
  // Beyond 2^53 a product may have been rounded, to what fits as well.
  const fits = Number.isSafeInteger(total) && total === (end - begin) * 8;
  checkFile(fits, op, path, `have ${bytes} bytes for ${label} of its shape`, `${end - begin} bytes`);
  if (decode === null) throw new FileError(op, path, `give ${label} a type that tensors can hold`, dtype);
  return { decode };
}

function checkSigned(op: string, path: string, name: string, values: BigInt64Array): void {
  const large = values.find((value) => value < 0n);
  const expectation = `hold values below 2^63 in ${JSON.stringify(name)}`;
  checkFile(large === undefined, op, path, expectation, String(BigInt.asUintN(64, large ?? 0n)));
}
