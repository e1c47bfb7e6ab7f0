/**
 * Element types: one row each. To add one: its row here; operations that take it say so in their own checks.
 * Arithmetic and gradients are float32, or float64 to check gradients; integers are indices and targets, booleans (uint8
 * arrays of 0 and 1) what comparisons give.
 */

import { DeviceArray, deviceOf, newArrayOn } from './device-array.ts';

/**
 * The typed array that holds each element type. On a device a DeviceArray takes its place, which has those of its members
 * that ops use; who reads or writes elements takes hostOf().
 */
export interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  /** 0 and 1. */
  bool: Uint8Array;
}

export type DType = keyof ArrayOf;
/** The element type that an array type holds, unless a tensor says that its bytes are booleans. */
export type DTypeOf<A> = { [D in Exclude<DType, 'bool'>]: A extends ArrayOf[D] ? D : never }[Exclude<
  DType,
  'bool'
>];
/** Element types of arithmetic: float32 is what everything is made for, float64 what gradients are checked in. */
export type RealDType = 'float32' | 'float64';
export type RealArray = Float32Array | Float64Array;
/** Element types of class indices and of embedding indices. */
export type IndexDType = 'int32' | 'int64' | 'uint8';

/** Element types without fractions. */
export type IntegerDType = Exclude<DType, RealDType>;

interface TypedArrayConstructor<A> {
  new (length: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

export const ARRAY_TYPES: { readonly [D in DType]: TypedArrayConstructor<ArrayOf[D]> } = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

export const DTYPES = Object.keys(ARRAY_TYPES) as readonly DType[];

/** The element type that `array` holds, or undefined where it is no array of a tensor. */
export function dtypeOf(array: unknown): DType | undefined {
  const found = DTYPES.find((dtype) => array instanceof ARRAY_TYPES[dtype]);
  return found ?? (array instanceof DeviceArray ? array.dtype : undefined);
}

/** Elements of a tensor of that shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** A new array of `length` elements beside `like`, on its device, all 0. */
export function newArray<D extends DType>(like: unknown, dtype: D, length: number): ArrayOf[D] {
  return newArrayOn(deviceOf(like), dtype, length);
}

/** As newArray with any content, for an operator that overwrites all of it. */
export function newUninitialized<D extends DType>(like: unknown, dtype: D, length: number): ArrayOf[D] {
  if (!(like instanceof DeviceArray)) return new ARRAY_TYPES[dtype](length);
  return DeviceArray.empty(like.device, dtype, length) as unknown as ArrayOf[D];
}

/** A new array of `length` elements of the type and device of `like`, all 0. */
export function arrayLike<A extends ArrayOf[DType]>(like: A, length: number): A {
  if (like instanceof Float32Array) return new Float32Array(length) as unknown as A;
  const given: unknown = like;
  if (given instanceof DeviceArray) return given.zeros(length) as unknown as A;
  return new ARRAY_TYPES[dtypeOf(like)!](length) as unknown as A;
}

/** Below this a Buffer costs more than zeros do. */
const MIN_UNINITIALIZED = 16384;

/**
 * A new array of `length` elements of the type and device of `like` with any content, for an operator that overwrites all of it: a
 * large one is not filled with zeros first.
 */
export function uninitializedLike<A extends ArrayOf[DType]>(like: A, length: number): A {
  const given: unknown = like;
  if (given instanceof DeviceArray) {
    return DeviceArray.empty(given.device, given.dtype, length) as unknown as A;
  }
  if (!(like instanceof Float32Array)) return arrayLike(like, length);
  return uninitialized(length) as unknown as A;
}

/** A new array, from the operating system. */
export function fresh(length: number): Float32Array {
  if (length < MIN_UNINITIALIZED) return new Float32Array(length);
  return new Float32Array(Buffer.allocUnsafeSlow(4 * length).buffer);
}

let uninitialized = fresh;

/** Runs `fn`, while the float32 arrays of uninitializedLike come from `source`. */
export function allocatingWith<T>(source: (length: number) => Float32Array, fn: () => T): T {
  const before = uninitialized;
  uninitialized = source;
  try {
    return fn();
  } finally {
    uninitialized = before;
  }
}

/** The array whose device the result of an operator on all of them is on: scalars of the host may be beside others. */
export function beside<A extends ArrayOf[DType]>(first: A, ...others: readonly ArrayOf[DType][]): A {
  if (!DeviceArray.inUse) return first;
  return (
    ([first, ...others].find((array: unknown) => array instanceof DeviceArray) as A | undefined) ?? first
  );
}

/** One element of the type of `like`, 0, on the host: operators take it beside arrays of any device. */
export function zeroLike<A extends ArrayOf[DType]>(like: A): A {
  return new ARRAY_TYPES[dtypeOf(like)!](1) as unknown as A;
}

export function isReal(dtype: DType): dtype is RealDType {
  return dtype === 'float32' || dtype === 'float64';
}

/** The bytes of `array` as an array of reals of the same width, for what only moves elements; bytes stay bytes. */
export function movable(array: ArrayOf[DType]): RealArray | Uint8Array {
  const given: unknown = array;
  if (given instanceof DeviceArray) {
    const isMoved = given.dtype === 'int32' || given.dtype === 'int64';
    const moved = isMoved ? given.as(given.dtype === 'int32' ? 'float32' : 'float64') : given;
    return moved as unknown as RealArray | Uint8Array;
  }
  if (array instanceof Int32Array) return new Float32Array(array.buffer, array.byteOffset, array.length);
  if (array instanceof BigInt64Array) return new Float64Array(array.buffer, array.byteOffset, array.length);
  return array;
}

/** Whether `movable` would give bytes. */
export function isBytes(array: ArrayOf[DType]): array is Uint8Array {
  const given: unknown = array;
  return given instanceof DeviceArray ? given.dtype === 'uint8' : array instanceof Uint8Array;
}

/** The bytes of `array`. */
export function bytesOf(array: ArrayOf[DType]): Uint8Array {
  const given: unknown = array;
  if (given instanceof DeviceArray) return given.as('uint8') as unknown as Uint8Array;
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A new array of `values`, each converted and rounded to `dtype`. */
export function convert<D extends DType>(values: ArrayLike<number | bigint>, dtype: D): ArrayOf[D] {
  const out = new ARRAY_TYPES[dtype](values.length) as ArrayOf[DType];
  const isTyped = ArrayBuffer.isView(values) && !(values instanceof BigInt64Array);
  if (isTyped && dtype !== 'bool' && !(out instanceof BigInt64Array)) {
    out.set(values as ArrayLike<number>);
  } else if (out instanceof BigInt64Array) {
    for (let i = 0; i < out.length; i++) {
      const value = values[i]!;
      out[i] = typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
    }
  } else if (dtype === 'bool') {
    for (let i = 0; i < out.length; i++) out[i] = Number(values[i]) === 0 ? 0 : 1;
  } else {
    for (let i = 0; i < out.length; i++) out[i] = Number(values[i]);
  }
  return out as ArrayOf[D];
}
