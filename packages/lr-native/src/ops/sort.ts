/** Order along a dimension: sort and what is taken of it. Equals are in the order of their positions. */
import { checkBoolean, checkInteger, checkRange } from '@org/lr-core';
import { addon } from '../addon.ts';
import { REDUCE } from '../addon-types.ts';
import { newUninitialized, uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import { axisGeometry, reduceGeometry, reduceOptions } from './axis.ts';
import { isnan } from './compare.ts';
import { checkDim, checkTensor, result } from './op.ts';
import { max } from './reduce.ts';
import type { AxisOptions, ValuesAndIndices } from './reduce.ts';
import { reshape, unsqueeze } from './reshape.ts';
import { narrow, select } from './slice.ts';
import { where } from './where.ts';

export interface SortOptions {
  /** The dimension to sort along; default -1. */
  dim?: number;
  /** Whether the largest come first; default false. */
  descending?: boolean;
}

function sorted<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  { dim = -1, descending = false }: SortOptions,
): ValuesAndIndices<D> {
  checkTensor(op, 'x', x);
  const d = checkDim(op, 'dim', dim, x.ndim);
  checkBoolean(op, 'descending', descending);
  const geometry = axisGeometry(x.shape, d);
  const y = uninitializedLike(x.data, x.data.length);
  const index = newUninitialized(y, 'int32', y.length);
  addon.sort(geometry, descending ? 1 : 0, x.data, y, index);
  const [outer, length, inner] = geometry as unknown as [number, number, number];
  const values = result(op, [x], y, x.shape, (dy) => {
    const dx = acquireLike(dy);
    addon.scatter(Int32Array.of(outer, length, length, inner), dy, index, dx);
    return [dx];
  });
  return { values, indices: new Tensor(index, x.shape) };
}

/**
 * The elements in order along a dimension and the positions (int32) where they were; NaN is the largest. Stable. As
 * `torch.sort`.
 *
 * @param options the dimension alone, or with other options
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function sort<D extends RealDType>(
  x: Tensor<D>,
  options: number | SortOptions = {},
): ValuesAndIndices<D> {
  checkTensor('sort', 'x', x);
  return sorted('sort', x, reduceOptions<SortOptions>('sort', options));
}

/** The positions (int32) of the elements in order along a dimension. As `torch.argsort`, stable. @throws as sort */
export function argsort(x: Tensor<RealDType>, options: number | SortOptions = {}): Tensor<'int32'> {
  checkTensor('argsort', 'x', x);
  return sorted('argsort', x.detach(), reduceOptions<SortOptions>('argsort', options)).indices;
}

export interface TopkOptions {
  /** The dimension to choose along; default -1. */
  dim?: number;
  /** Whether the largest are chosen rather than the smallest; default true. */
  largest?: boolean;
}

/**
 * The k largest elements along a dimension, the largest first, and their positions (int32); NaN is the largest. As
 * `torch.topk`, which leaves open which of equals it takes: here the first.
 *
 * @param k from 1 to the length of the dimension
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function topk<D extends RealDType>(
  x: Tensor<D>,
  k: number,
  { dim = -1, largest = true }: TopkOptions = {},
): ValuesAndIndices<D> {
  checkTensor('topk', 'x', x);
  checkBoolean('topk', 'largest', largest);
  const d = checkDim('topk', 'dim', dim, x.ndim);
  checkCount('topk', k, x.shape[d] ?? 1);
  const { values, indices } = sorted('topk', x, { dim: d, descending: largest });
  if (x.ndim === 0) return { values, indices };
  return { values: narrow(values, d, 0, k), indices: narrow(indices, d, 0, k) };
}

function checkCount(op: string, k: unknown, length: number): void {
  checkInteger(op, 'k', k, 1);
  checkRange(k <= length, op, 'k', `an integer from 1 to ${length}`, k);
}

export interface KthvalueOptions {
  /** The dimension to choose along; default -1. */
  dim?: number;
  /** Whether it stays, with length 1; default false. */
  keepdim?: boolean;
}

function kth<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  k: number,
  d: number,
  keepdim: boolean,
): ValuesAndIndices<D> {
  const { values, indices } = sorted(op, x, { dim: d });
  if (x.ndim === 0) return { values, indices };
  if (keepdim) return { values: narrow(values, d, k - 1, 1), indices: narrow(indices, d, k - 1, 1) };
  return { values: select(values, d, k - 1), indices: select(indices, d, k - 1) };
}

/**
 * The k-th smallest element along a dimension and its position (int32); NaN is the largest. As `torch.kthvalue`, with
 * the positions of equals in their order.
 *
 * @param k from 1 to the length of the dimension
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function kthvalue<D extends RealDType>(
  x: Tensor<D>,
  k: number,
  { dim = -1, keepdim = false }: KthvalueOptions = {},
): ValuesAndIndices<D> {
  checkTensor('kthvalue', 'x', x);
  const d = checkDim('kthvalue', 'dim', dim, x.ndim);
  checkBoolean('kthvalue', 'keepdim', keepdim);
  checkCount('kthvalue', k, x.shape[d] ?? 1);
  return kth('kthvalue', x, k, d, keepdim);
}

/**
 * The median of all elements, or with `dim` those along a dimension and their positions (int32): of an even number the
 * lower of the two in the middle; NaN where there is one. Without `dim`, equals of the median share the gradient. As
 * `torch.median`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function median<D extends RealDType>(x: Tensor<D>): Tensor<D>;
export function median<D extends RealDType>(x: Tensor<D>, options: number | AxisOptions): ValuesAndIndices<D>;
export function median<D extends RealDType>(
  x: Tensor<D>,
  options?: number | AxisOptions,
): Tensor<D> | ValuesAndIndices<D> {
  checkTensor('median', 'x', x);
  if (options === undefined) {
    const { values } = along(reshape(x.detach(), [-1]), 0, false);
    const geometry = reduceGeometry(x.shape, () => true);
    return result('median', [x], values.data, [], (dy) => {
      const dx = acquireLike(x.data);
      addon.reduceBackward(REDUCE.max, 0, geometry, x.data, values.data, dy, dx);
      return [dx];
    });
  }
  const { dim, keepdim = false } = reduceOptions<AxisOptions>('median', options);
  const d = checkDim('median', 'dim', dim, x.ndim);
  checkBoolean('median', 'keepdim', keepdim);
  return along(x.ndim === 0 ? unsqueeze(x, 0) : x, d, keepdim && x.ndim > 0);

  function along(from: Tensor<D>, axis: number, kept: boolean): ValuesAndIndices<D> {
    const middle = kth('median', from, Math.ceil(from.shape[axis]! / 2), axis, kept);
    // A NaN is the largest: the maximum is the first of them
    const most = max(from, { dim: axis, keepdim: kept });
    const hasNan = isnan(most.values);
    return {
      values: where(hasNan, most.values, middle.values),
      indices: where(hasNan, most.indices, middle.indices),
    };
  }
}
