/**
 * TensorProto: how many elements it says it has, whether its data fit, and the data as a typed array, from the message
 * itself or from a file beside the model. The only place where a path from a model is opened.
 */
import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { fileError, quote } from './source.ts';
import type { Source } from './source.ts';
import {
  TensorProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType as DataType,
} from './proto/onnx_pb.ts';
import type { TensorProto } from './proto/onnx_pb.ts';

type TypedField = 'floatData' | 'int32Data' | 'int64Data' | 'uint64Data' | 'doubleData' | 'stringData';

/** Bits of an element, the field that can hold elements other than rawData, and entries of that field per element. */
interface Layout {
  readonly bits: number;
  readonly field: TypedField;
  readonly entries: number;
}

const layout = (bits: number, field: TypedField, entries = 1): Layout => ({ bits, field, entries });

const LAYOUTS: Readonly<Record<number, Layout>> = {
  [DataType.FLOAT]: layout(32, 'floatData'),
  [DataType.UINT8]: layout(8, 'int32Data'),
  [DataType.INT8]: layout(8, 'int32Data'),
  [DataType.UINT16]: layout(16, 'int32Data'),
  [DataType.INT16]: layout(16, 'int32Data'),
  [DataType.INT32]: layout(32, 'int32Data'),
  [DataType.INT64]: layout(64, 'int64Data'),
  [DataType.STRING]: layout(0, 'stringData'),
  [DataType.BOOL]: layout(8, 'int32Data'),
  [DataType.FLOAT16]: layout(16, 'int32Data'),
  [DataType.DOUBLE]: layout(64, 'doubleData'),
  [DataType.UINT32]: layout(32, 'uint64Data'),
  [DataType.UINT64]: layout(64, 'uint64Data'),
  [DataType.COMPLEX64]: layout(64, 'floatData', 2),
  [DataType.COMPLEX128]: layout(128, 'doubleData', 2),
  [DataType.BFLOAT16]: layout(16, 'int32Data'),
  [DataType.FLOAT8E4M3FN]: layout(8, 'int32Data'),
  [DataType.FLOAT8E4M3FNUZ]: layout(8, 'int32Data'),
  [DataType.FLOAT8E5M2]: layout(8, 'int32Data'),
  [DataType.FLOAT8E5M2FNUZ]: layout(8, 'int32Data'),
  [DataType.FLOAT8E8M0]: layout(8, 'int32Data'),
  [DataType.UINT4]: layout(4, 'int32Data', 1 / 2),
  [DataType.INT4]: layout(4, 'int32Data', 1 / 2),
  [DataType.FLOAT4E2M1]: layout(4, 'int32Data', 1 / 2),
  [DataType.UINT2]: layout(2, 'int32Data', 1 / 4),
  [DataType.INT2]: layout(2, 'int32Data', 1 / 4),
};

/** Where the bytes of an external tensor lie. */
export interface ExternalData {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

const tensorName = (tensor: TensorProto): string => `the tensor ${quote(tensor.name)}`;

/** The dimensions as numbers. @throws FileError where one is negative or there are too many elements to count */
export function shapeOf(source: Source, tensor: Pick<TensorProto, 'dims' | 'name'>): number[] {
  let count = 1n;
  for (const dim of tensor.dims) {
    count *= dim;
    if (dim < 0n || count > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw fileError(
        source,
        'have tensors of real sizes',
        `the tensor ${quote(tensor.name)} of [${tensor.dims.slice(0, 8).join(', ')}]`,
      );
    }
  }
  return tensor.dims.map(Number);
}

function decimal(
  source: Source,
  tensor: TensorProto,
  key: string,
  text: string | undefined,
  absent: number,
): number {
  if (text === undefined) return absent;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text)) {
    throw fileError(
      source,
      `have external data with a number of bytes as ${key}`,
      `${quote(text)} for ${tensorName(tensor)}`,
    );
  }
  return value;
}

/**
 * The file that an external tensor names, which must lie in the model's folder, links resolved.
 * @throws FileError
 */
function locate(source: Source, tensor: TensorProto, bytes: number): ExternalData {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const refuse = (expectation: string): never => {
    throw fileError(source, expectation, `${quote(location)} for ${tensorName(tensor)}`);
  };
  const { folder } = source;
  if (folder === null) return refuse('have no external data, since there is no folder to find it in,');
  const outside = (from: string, to: string): boolean => {
    const path = relative(from, to);
    return path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
  };
  if (
    isAbsolute(location) ||
    /[\\\0]/.test(location) ||
    outside(resolve(folder), resolve(folder, location))
  ) {
    return refuse('have external data in its own folder');
  }
  let path = join(folder, location);
  let size = -1;
  try {
    path = realpathSync(path);
    const stat = statSync(path);
    if (stat.isFile()) size = stat.size;
  } catch {
    return refuse('have external data in files that exist');
  }
  if (outside(realpathSync(folder), path)) return refuse('have external data in its own folder');
  if (size < 0) return refuse('have external data in regular files');
  const offset = decimal(source, tensor, 'offset', entries.get('offset'), 0);
  const length = decimal(source, tensor, 'length', entries.get('length'), bytes);
  if (length !== bytes || offset + length > size) {
    throw fileError(
      source,
      `have ${bytes} bytes of external data for ${tensorName(tensor)}`,
      `${length} at offset ${offset} of a file of ${size}`,
    );
  }
  return { path, offset, length };
}

/** How many numbers or strings a field other than rawData holds. */
function entriesOf(tensor: TensorProto, field: TypedField): number {
  const values = tensor[field];
  if (Array.isArray(values)) return values.length;
  if (field === 'floatData') return values.length / 4;
  if (field === 'doubleData') return values.length / 8;
  let count = 0;
  for (const byte of values) if (byte < 128) count += 1;
  return count;
}

/**
 * Checks that a tensor has exactly the data that its shape asks for.
 *
 * @returns where they are if they are external, else null
 * @throws FileError
 */
export function checkTensor(source: Source, tensor: TensorProto): ExternalData | null {
  const count = shapeOf(source, tensor).reduce((product, dim) => product * dim, 1);
  const type = LAYOUTS[tensor.dataType];
  if (type === undefined) {
    throw fileError(source, 'have known element types', `type ${tensor.dataType} for ${tensorName(tensor)}`);
  }
  const bytes = Math.ceil((count * type.bits) / 8);
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0) {
    if (type.bits === 0)
      throw fileError(source, 'keep strings in the model', `external data for ${tensorName(tensor)}`);
    return locate(source, tensor, bytes);
  }
  const raw = tensor.rawData.length > 0;
  const given = raw ? tensor.rawData.length : entriesOf(tensor, type.field);
  const wanted = raw ? bytes : Math.ceil(count * type.entries);
  if (given !== wanted) {
    const unit = raw ? 'bytes' : 'values';
    throw fileError(
      source,
      `have ${wanted} ${unit} for ${tensorName(tensor)} of [${tensor.dims.join(', ')}]`,
      `${given}`,
    );
  }
  return null;
}

/** The bytes of rawData or of external data, as a copy; null where the elements are in another field. */
function bytesOf(source: Source, tensor: TensorProto): Uint8Array<ArrayBuffer> | null {
  const external = checkTensor(source, tensor);
  if (external === null) return tensor.rawData.length > 0 ? new Uint8Array(tensor.rawData) : null;
  const bytes = new Uint8Array(external.length);
  const fd = openSync(external.path, 'r');
  try {
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(fd, bytes, done, bytes.length - done, external.offset + done);
      if (read === 0) throw fileError(source, 'have external data', `the end of ${quote(external.path)}`);
      done += read;
    }
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** The elements of a FLOAT tensor. @throws FileError for another type or data that do not fit */
export function floatsOf(source: Source, tensor: TensorProto): Float32Array<ArrayBuffer> {
  if (tensor.dataType !== DataType.FLOAT) {
    throw fileError(source, 'have float32 weights', `${DataType[tensor.dataType]} for ${tensorName(tensor)}`);
  }
  return new Float32Array((bytesOf(source, tensor) ?? new Uint8Array(tensor.floatData)).buffer);
}

/** The elements of an INT64 tensor. @throws FileError for another type or data that do not fit */
export function integersOf(source: Source, tensor: TensorProto): bigint[] {
  if (tensor.dataType !== DataType.INT64) {
    throw fileError(source, 'have int64 sizes', `${DataType[tensor.dataType]} for ${tensorName(tensor)}`);
  }
  const bytes = bytesOf(source, tensor);
  if (bytes !== null) return [...new BigInt64Array(bytes.buffer)];
  const reader = new BinaryReader(tensor.int64Data);
  const values: bigint[] = [];
  while (reader.pos < reader.len) values.push(BigInt(reader.int64()));
  return values;
}

/** A tensor with its data in the message, which borrows `data`. */
export function makeTensor(
  name: string,
  shape: readonly number[],
  data: Float32Array | BigInt64Array,
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: data instanceof Float32Array ? DataType.FLOAT : DataType.INT64,
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

/** `values` (rows, columns) as (columns, rows). */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!;
  return out;
}
