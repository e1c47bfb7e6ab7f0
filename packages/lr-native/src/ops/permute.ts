/** Other orders of the dimensions: permute, transpose. The elements are copied, since tensors are row-major. */
import { checkShape, checkType } from '@org/lr-core';
import { acquireLike } from '../pool.ts';
import { arrayLike } from '../dtype.ts';
import type { RealArray, RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { checkDim, checkTensor, result } from './op.ts';
import { forEachRow, mergeDims, stridesOf } from './strides.ts';

/** `x` (shape) with its dimensions in the order of `dims`. */
function permuted<A extends RealArray>(x: A, shape: readonly number[], dims: readonly number[], y: A): A {
  const strides = stridesOf(shape);
  const to = dims.map((d) => shape[d]!);
  const walk = mergeDims(
    to,
    stridesOf(to),
    dims.map((d) => strides[d]!),
  );
  const length = walk.shape.at(-1)!;
  const step = walk.b.at(-1)!;
  forEachRow(walk.shape, walk.a, walk.b, (yi, xi) => {
    for (let i = 0; i < length; i++) y[yi + i] = x[xi + i * step]!;
  });
  return y;
}

function apply<D extends RealDType>(op: string, x: Tensor<D>, dims: readonly number[]): Tensor<D> {
  const shape = dims.map((d) => x.shape[d]!);
  const y = permuted(x.data, x.shape, dims, arrayLike(x.data, x.data.length));
  return result(op, [x], y, shape, (dy) => {
    const inverse = dims.map((_, d) => dims.indexOf(d));
    return [permuted(dy, shape, inverse, acquireLike(dy))];
  });
}

/** The dimensions of `x` in the order of `dims`. As `torch.permute`. @throws ArgumentError, ShapeError */
export function permute<D extends RealDType>(x: Tensor<D>, dims: readonly number[]): Tensor<D> {
  checkTensor('permute', 'x', x);
  checkType(Array.isArray(dims), 'permute', 'dims', 'an array of dimensions', dims);
  const order = dims.map((d) => checkDim('permute', 'dims', d, x.ndim));
  const complete = order.length === x.ndim && new Set(order).size === x.ndim;
  checkShape(complete, 'permute', 'dims', `each of the ${x.ndim} dimensions once`, dims);
  return apply('permute', x, order);
}

/** `x` with two dimensions exchanged. As `torch.transpose`. @throws ArgumentError, ArgumentRangeError */
export function transpose<D extends RealDType>(x: Tensor<D>, dim0: number, dim1: number): Tensor<D> {
  checkTensor('transpose', 'x', x);
  const first = checkDim('transpose', 'dim0', dim0, x.ndim);
  const second = checkDim('transpose', 'dim1', dim1, x.ndim);
  const order = x.shape.map((_, d) => (d === first ? second : d === second ? first : d));
  return apply('transpose', x, order);
}
