/** Reductions over dimensions: sum, mean. Sums are taken in double, in order, and rounded once. */
import { checkBoolean, checkShape } from '@org/lr-core';
import type { Reduction } from '../addon-types.ts';
import { sizeOf } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastStrides, sumTo } from './broadcast.ts';
import { checkDim, checkTensor, result } from './op.ts';
import { forEachRow, mergeDims, stridesOf } from './strides.ts';

export interface ReduceOptions {
  /** The dimension or dimensions to reduce; default all. */
  dim?: number | readonly number[];
  /** Whether a reduced dimension stays, with length 1; default false. */
  keepdim?: boolean;
}

/** The dimension or dimensions alone, as PyTorch's positional argument, or with other options. */
export type Reduce = number | readonly number[] | ReduceOptions;

/** The shape with reduced dimensions of length 1, and the shape that the result has. */
export function reducedShapes(
  op: string,
  x: Tensor,
  options: Reduce,
): { kept: readonly number[]; shape: readonly number[] } {
  const isDim = typeof options === 'number' || Array.isArray(options);
  const { dim, keepdim = false } = isDim ? { dim: options as number } : (options as ReduceOptions);
  checkBoolean(op, 'keepdim', keepdim);
  const list = dim === undefined ? x.shape.map((_, d) => d) : typeof dim === 'number' ? [dim] : [...dim];
  const dims = list.map((d) => checkDim(op, 'dim', d, x.ndim));
  checkShape(new Set(dims).size === dims.length, op, 'dim', 'different dimensions', dim);
  const kept = x.shape.map((length, d) => (dims.includes(d) ? 1 : length));
  return { kept, shape: keepdim ? kept : x.shape.filter((_, d) => !dims.includes(d)) };
}

/** `x` (from) repeated, divided by `divisor`, to the shape `to` it broadcasts to. */
function expand(
  x: Float32Array,
  from: readonly number[],
  to: readonly number[],
  divisor: number,
): Float32Array {
  const y = acquire(sizeOf(to));
  const dims = mergeDims(to, stridesOf(to), broadcastStrides(from, to));
  const length = dims.shape.at(-1)!;
  const stride = dims.b.at(-1)!;
  forEachRow(dims.shape, dims.a, dims.b, (a, b) => {
    if (stride === 0) y.fill(x[b]! / divisor, a, a + length);
    else for (let i = 0; i < length; i++) y[a + i] = x[b + i * stride]! / divisor;
  });
  return y;
}

/** The sum over `dim`. As `torch.sum`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function sum(x: Tensor, options: Reduce = {}): Tensor {
  checkTensor('sum', 'x', x);
  const { kept, shape } = reducedShapes('sum', x, options);
  const summed = sumTo(x.data, x.shape, kept);
  const y = summed === x.data ? x.data.slice() : summed;
  return result('sum', [x], y, shape, (dy) => [expand(dy, kept, x.shape, 1)]);
}

/** The mean over `dim`. As `torch.mean`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function mean(x: Tensor, options: Reduce = {}): Tensor {
  checkTensor('mean', 'x', x);
  const { kept, shape } = reducedShapes('mean', x, options);
  const count = x.data.length / sizeOf(kept);
  const summed = sumTo(x.data, x.shape, kept);
  const y = new Float32Array(summed.length);
  for (let i = 0; i < y.length; i++) y[i] = summed[i]! / count;
  return result('mean', [x], y, shape, (dy) => [expand(dy, kept, x.shape, count)]);
}

/** A loss for each element, reduced by name. */
export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? mean(losses) : sum(losses);
}
