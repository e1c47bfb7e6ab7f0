/**
 * Safetensors files: named tensors and a little text, nothing that runs. The format: 8 bytes of header length (little
 * endian), the header as JSON, then the elements of every tensor without gaps.
 * Source: https://github.com/huggingface/safetensors
 */
import { checkType } from '@org/lr-core';
import { dtypeOf, sizeOf } from './dtype.ts';
import type { ArrayOf, DType } from './dtype.ts';
import { FileError, checkFile, readWholeFile, writeFileAtomic } from './file.ts';
import { Tensor } from './tensor.ts';

/** As the reference implementation: more is taken for an attack. */
const MAX_HEADER_BYTES = 100_000_000;

interface Format {
  readonly bytes: number;
  /** The elements in a buffer of their own, widened where tensors have no such type. */
  readonly decode: (buffer: ArrayBuffer) => ArrayOf[DType];
}

const FORMATS: Readonly<Record<string, Format>> = {
  F64: { bytes: 8, decode: (buffer) => new Float64Array(buffer) },
  I64: { bytes: 8, decode: (buffer) => new BigInt64Array(buffer) },
  F32: { bytes: 4, decode: (buffer) => new Float32Array(buffer) },
  I32: { bytes: 4, decode: (buffer) => new Int32Array(buffer) },
  F16: { bytes: 2, decode: (buffer) => Float32Array.from(new Uint16Array(buffer), float16) },
  BF16: { bytes: 2, decode: (buffer) => bfloat16(new Uint16Array(buffer)) },
  U8: { bytes: 1, decode: (buffer) => new Uint8Array(buffer) },
  BOOL: { bytes: 1, decode: (buffer) => new Uint8Array(buffer) },
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

function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  // In units of 2^-24, the smallest subnormal: a whole number up to 2^40
  const units = exponent === 0 ? fraction : (1024 + fraction) * (1 << (exponent - 1));
  return (sign * units) / 0x1000000;
}

function bfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
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
  const op = 'saveSafetensors';
  checkType(typeof path === 'string', op, 'path', 'a string', path);
  checkType(typeof record === 'object' && record !== null, op, 'record', 'a record of tensors', record);
  for (const [name, tensor] of Object.entries(record)) {
    checkType(name !== '__metadata__', op, 'a name', 'any but __metadata__, which has a meaning,', name);
    const isTensor = tensor instanceof Tensor && dtypeOf(tensor.data) === tensor.dtype;
    checkType(isTensor, op, `record[${JSON.stringify(name)}]`, 'a Tensor', tensor);
  }
  for (const [key, text] of Object.entries(metadata)) {
    checkType(typeof text === 'string', op, `metadata[${JSON.stringify(key)}]`, 'a string', text);
  }

  // Wide elements first, so that each array is aligned for readers that map the file.
  const bytesOf = (tensor: Tensor<DType>): number => FORMATS[NAMES[tensor.dtype]]!.bytes;
  const entries = Object.entries(record).sort(([, a], [, b]) => bytesOf(b) - bytesOf(a));
  let offset = 0;
  const header: [string, unknown][] = entries.map(([name, tensor]) => {
    const begin = offset;
    offset += tensor.data.byteLength;
    return [name, { dtype: NAMES[tensor.dtype], shape: tensor.shape, data_offsets: [begin, offset] }];
  });
  if (Object.keys(metadata).length > 0) header.unshift(['__metadata__', metadata]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const arrays = entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  writeFileAtomic(path, [length, padded, ...arrays]);
}

/**
 * The tensors of a file, for `loadStateDict`. float16 and bfloat16 become float32, and bool becomes uint8.
 *
 * @throws FileError where the file is not there or any length, offset, type or shape in it does not fit
 */
export function loadSafetensors(path: string): Record<string, Tensor<DType>> {
  return readSafetensors(path).tensors;
}

/** The tensors and the text of a file. @throws as loadSafetensors */
export function readSafetensors(path: string): SafetensorsFile {
  checkType(typeof path === 'string', 'loadSafetensors', 'path', 'a string', path);
  return parseSafetensors(readWholeFile('loadSafetensors', path), path);
}

/** As `readSafetensors`, of bytes in memory. `path` stands for the file in errors. @throws FileError */
export function parseSafetensors(bytes: Uint8Array, path = 'the data'): SafetensorsFile {
  const op = 'loadSafetensors';
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkFile(file.length >= 8, op, path, 'begin with 8 bytes of header length', `${file.length} bytes`);
  const length = Number(file.readBigUInt64LE(0));
  const fits = length <= MAX_HEADER_BYTES && 8 + length <= file.length;
  checkFile(fits, op, path, `have the header of ${length} bytes that it declares`, `${file.length} bytes`);
  const json = file.subarray(8, 8 + length);
  const header = parseHeader(op, path, json);
  const body = file.subarray(8 + length);

  const { __metadata__: metadata = {}, ...entries } = header;
  const isText = isRecord(metadata) && Object.values(metadata).every((text) => typeof text === 'string');
  checkFile(isText, op, path, 'have strings as __metadata__', metadata);
  const tensors = Object.entries(entries).map(([name, entry]) => ({
    name,
    ...checkEntry(op, path, name, entry),
  }));

  // JSON.parse keeps the last of several equal keys; where the text has more keys than the values, some were equal.
  const keys = [header, ...Object.values(header)].reduce<number>(
    (sum, record) => sum + Object.keys(record as object).length,
    0,
  );
  const distinct = countKeys(json.toString()) === keys;
  checkFile(distinct, op, path, 'have every key of its header once', 'one of them twice');

  // Every byte of the body belongs to exactly one tensor.
  let end = 0;
  for (const { name, begin, bytes } of tensors.toSorted((a, b) => a.begin - b.begin || a.bytes - b.bytes)) {
    checkFile(begin === end, op, path, `have ${JSON.stringify(name)} begin at ${end}`, begin);
    end += bytes;
  }
  checkFile(end === body.length, op, path, `have ${end} bytes of elements`, `${body.length} bytes`);

  return {
    tensors: Object.fromEntries(
      tensors.map(({ name, format, shape, begin, bytes }) => {
        const buffer = new Uint8Array(body.subarray(begin, begin + bytes)).buffer;
        return [name, new Tensor(format.decode(buffer), shape) as Tensor<DType>];
      }),
    ),
    metadata: metadata as Record<string, string>,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseHeader(op: string, path: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isRecord(header)) return header;
  } catch (error) {
    throw new FileError(op, path, 'have a header of JSON', (error as Error).message, { cause: error });
  }
  throw new FileError(op, path, 'have a JSON object as its header', 'another value');
}

/** Strings of a JSON text that are followed by a colon. */
function countKeys(json: string): number {
  let count = 0;
  for (const [, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)) if (colon === ':') count++;
  return count;
}

interface Entry {
  format: Format;
  shape: number[];
  begin: number;
  bytes: number;
}

function checkEntry(op: string, path: string, name: string, entry: unknown): Entry {
  const label = JSON.stringify(name);
  const expectation = `describe ${label} by dtype, shape and data_offsets`;
  checkFile(isRecord(entry), op, path, expectation, entry);
  const { dtype, shape, data_offsets: offsets } = entry;
  const known = typeof dtype === 'string' && Object.hasOwn(FORMATS, dtype);
  checkFile(known, op, path, `give ${label} a dtype of ${Object.keys(FORMATS).join(', ')}`, dtype);
  checkFile(isSizes(shape), op, path, `give ${label} a shape of integers >= 0`, shape);
  const paired = isSizes(offsets) && offsets.length === 2 && offsets[0]! <= offsets[1]!;
  checkFile(paired, op, path, `give ${label} two data_offsets in order`, offsets);
  const [begin, end] = offsets as [number, number];
  const format = FORMATS[dtype]!;
  const bytes = sizeOf(shape) * format.bytes;
  checkFile(
    bytes === end - begin,
    op,
    path,
    `have ${bytes} bytes for ${label} of its shape`,
    `${end - begin} bytes`,
  );
  return { format, shape, begin, bytes };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}
