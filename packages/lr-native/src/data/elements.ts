/**
 * The elements of IDX and NumPy files as those of a tensor: one row of ELEMENTS a type, named as NumPy names it. Types
 * that tensors do not have become the next one that holds all their values.
 */
import { convert } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';

type FileArray = ArrayOf[DType] | Int8Array | Uint16Array | Int16Array | Uint32Array;

interface ElementType {
  /** Said in errors. */
  readonly name: string;
  readonly array: { new (buffer: ArrayBuffer): FileArray; readonly BYTES_PER_ELEMENT: number };
  readonly dtype: DType;
}

export const ELEMENTS = {
  b1: { name: 'bool', array: Uint8Array, dtype: 'uint8' },
  u1: { name: 'uint8', array: Uint8Array, dtype: 'uint8' },
  i1: { name: 'int8', array: Int8Array, dtype: 'int32' },
  u2: { name: 'uint16', array: Uint16Array, dtype: 'int32' },
  i2: { name: 'int16', array: Int16Array, dtype: 'int32' },
  i4: { name: 'int32', array: Int32Array, dtype: 'int32' },
  u4: { name: 'uint32', array: Uint32Array, dtype: 'int64' },
  i8: { name: 'int64', array: BigInt64Array, dtype: 'int64' },
  f4: { name: 'float32', array: Float32Array, dtype: 'float32' },
  f8: { name: 'float64', array: Float64Array, dtype: 'float64' },
} as const satisfies Record<string, ElementType>;
export type ElementName = keyof typeof ELEMENTS;

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy of `bytes`, which are whole elements, as a tensor's array. */
export function readElements(bytes: Uint8Array, type: ElementName, littleEndian: boolean): ArrayOf[DType] {
  const { array, dtype } = ELEMENTS[type];
  const copy = new Uint8Array(bytes); // aligned, unlike a part of a file
  if (littleEndian !== HOST_IS_LITTLE_ENDIAN) {
    const buffer = Buffer.from(copy.buffer);
    if (array.BYTES_PER_ELEMENT === 2) buffer.swap16();
    if (array.BYTES_PER_ELEMENT === 4) buffer.swap32();
    if (array.BYTES_PER_ELEMENT === 8) buffer.swap64();
  }
  const elements: FileArray = new array(copy.buffer);
  if (type === 'b1') return (elements as Uint8Array).map((value) => (value === 0 ? 0 : 1));
  const isTensorType = type === 'u1' || type === 'i4' || type === 'i8' || type === 'f4' || type === 'f8';
  return isTensorType ? (elements as ArrayOf[DType]) : convert(elements, dtype);
}
