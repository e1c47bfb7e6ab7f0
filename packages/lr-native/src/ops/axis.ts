/** What ops along dimensions have in common: which dimensions, and the geometry that crosses to the addon. */
import { checkBoolean, checkShape, checkType } from '@org/lr-core';
import type { AxisShape, ReduceShape } from '../addon-types.ts';
import { sizeOf } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { checkDim } from './op.ts';

/** kReduceDims of kernels.h: more than an array that fits in memory can have, neighbours merged. */
const REDUCE_DIMS = 32;

/** The geometry of a reduction of `shape` over the dimensions that `isReduced` names. */
export function reduceGeometry(shape: readonly number[], isReduced: (dim: number) => boolean): ReduceShape {
  const geometry = new Int32Array(2 + REDUCE_DIMS);
  let dims = 0;
  let last = false;
  shape.forEach((length, d) => {
    if (length === 1) return;
    const reduced = isReduced(d);
    if (dims > 0 && reduced === last) {
      geometry[1 + dims]! *= length;
      return;
    }
    if (dims === 0) geometry[1] = reduced ? 1 : 0;
    geometry[2 + dims] = length;
    dims += 1;
    last = reduced;
  });
  if (dims === 0) geometry[2] = 1;
  geometry[0] = Math.max(dims, 1);
  return geometry;
}

/** x as (outer, length, inner), `length` that of dimension `dim`. */
export function axisGeometry(shape: readonly number[], dim: number): AxisShape {
  return Int32Array.of(sizeOf(shape.slice(0, dim)), shape[dim] ?? 1, sizeOf(shape.slice(dim + 1)));
}

export interface ReduceOptions {
  /** The dimension or dimensions to reduce; default all. */
  dim?: number | readonly number[];
  /** Whether a reduced dimension stays, with length 1; default false. */
  keepdim?: boolean;
}

/** The dimension or dimensions alone, as PyTorch's positional argument, or with other options. */
export type Reduce<Options extends ReduceOptions = ReduceOptions> = number | readonly number[] | Options;

/** `options` as a record. @throws ArgumentError */
export function reduceOptions<Options extends object>(
  op: string,
  options: number | readonly number[] | Options,
): Options {
  const isObject = typeof options === 'number' || (typeof options === 'object' && options !== null);
  checkType(isObject, op, 'options', 'a dimension, an array of them or an object', options);
  const isDim = typeof options === 'number' || Array.isArray(options);
  return (isDim ? { dim: options } : options) as Options;
}

/** What a reduction makes of the shape of x. */
export interface Reduced {
  readonly geometry: ReduceShape;
  /** Of the result. */
  readonly shape: readonly number[];
  /** Elements of the result. */
  readonly size: number;
  /** What is reduced, in order. */
  readonly dims: readonly number[];
}

/** @throws ArgumentError, ArgumentRangeError, ShapeError where a dimension is named twice */
export function reducedBy(op: string, x: Tensor<DType>, { dim, keepdim = false }: ReduceOptions): Reduced {
  checkBoolean(op, 'keepdim', keepdim);
  const named = dim === undefined ? [] : typeof dim === 'object' ? [...dim] : [dim];
  const dims = named.map((d) => checkDim(op, 'dim', d, x.ndim));
  checkShape(new Set(dims).size === dims.length, op, 'dim', 'different dimensions', dim);
  const isReduced = (d: number): boolean => dims.length === 0 || dims.includes(d);
  const kept = x.shape.map((length, d) => (isReduced(d) ? 1 : length));
  return {
    geometry: reduceGeometry(x.shape, isReduced),
    shape: keepdim ? kept : x.shape.filter((_, d) => !isReduced(d)),
    size: sizeOf(kept),
    dims: x.shape.flatMap((_, d) => (isReduced(d) ? [d] : [])),
  };
}
