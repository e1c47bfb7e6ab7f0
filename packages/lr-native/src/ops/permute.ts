/** Other orders of the dimensions: permute, transpose. The elements are copied, since tensors are row-major. */
import { checkShape, checkType } from '@org/lr-core';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkDim, checkTensor, result } from './op.ts';
import { forEachRow, mergeDims, stridesOf } from './strides.ts';

/** `x` (shape) with its dimensions in the order of `dims`. */
function permuted(
  x: Float32Array,
  shape: readonly number[],
  dims: readonly number[],
  y: Float32Array,
): Float32Array {
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

function apply(op: string, x: Tensor, dims: readonly number[]): Tensor {
  const shape = dims.map((d) => x.shape[d]!);
  const y = permuted(x.data, x.shape, dims, new Float32Array(x.data.length));
  return result(op, [x], y, shape, (dy) => {
    const inverse = dims.map((_, d) => dims.indexOf(d));
    return [permuted(dy, shape, inverse, acquire(dy.length))];
  });
}

/** The dimensions of `x` in the order of `dims`. As `torch.permute`. @throws ArgumentError, ShapeError */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  checkTensor('permute', 'x', x);
  checkType(Array.isArray(dims), 'permute', 'dims', 'an array of dimensions', dims);
  const order = dims.map((d) => checkDim('permute', 'dims', d, x.ndim));
  const complete = order.length === x.ndim && new Set(order).size === x.ndim;
  checkShape(complete, 'permute', 'dims', `each of the ${x.ndim} dimensions once`, dims);
  return apply('permute', x, order);
}

/** `x` with two dimensions exchanged. As `torch.transpose`. @throws ArgumentError, ArgumentRangeError */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  checkTensor('transpose', 'x', x);
  const first = checkDim('transpose', 'dim0', dim0, x.ndim);
  const second = checkDim('transpose', 'dim1', dim1, x.ndim);
  const order = x.shape.map((_, d) => (d === first ? second : d === second ? first : d));
  return apply('transpose', x, order);
}
