/**
 * Other orders of the dimensions and of the places in them: permute, transpose, movedim, flip, roll. The elements are
 * copied, since tensors are row-major.
 */
import { checkInteger, checkShape, checkType } from '@org/lr-core';
import { DTYPES } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { takeRows, along } from './gather.ts';
import { checkDim, checkTensor } from './op.ts';
import { viewed } from './strided.ts';
import { stridesOf } from './strides.ts';

function apply<D extends DType>(op: string, x: Tensor<D>, dims: readonly number[]): Tensor<D> {
  const strides = stridesOf(x.shape);
  return viewed(
    op,
    x,
    dims.map((d) => x.shape[d]!),
    dims.map((d) => strides[d]!),
    0,
    { dims },
  );
}

/** One dimension or several, all different. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function checkDims(op: string, name: string, dims: unknown, ndim: number): number[] {
  const list = typeof dims === 'number' ? [dims] : dims;
  checkType(Array.isArray(list), op, name, 'a dimension or an array of dimensions', dims);
  const checked = (list as unknown[]).map((d) => checkDim(op, name, d, ndim));
  checkShape(new Set(checked).size === checked.length, op, name, 'different dimensions', dims);
  return checked;
}

/** The dimensions of `x` in the order of `dims`. As `torch.permute`. @throws ArgumentError, ShapeError */
export function permute<D extends DType>(x: Tensor<D>, dims: readonly number[]): Tensor<D> {
  checkTensor('permute', 'x', x, DTYPES);
  checkType(Array.isArray(dims), 'permute', 'dims', 'an array of dimensions', dims);
  const order = dims.map((d) => checkDim('permute', 'dims', d, x.ndim));
  const complete = order.length === x.ndim && new Set(order).size === x.ndim;
  checkShape(complete, 'permute', 'dims', `each of the ${x.ndim} dimensions once`, dims);
  return apply('permute', x, order);
}

/** `x` with two dimensions exchanged. As `torch.transpose`. @throws ArgumentError, ArgumentRangeError */
export function transpose<D extends DType>(x: Tensor<D>, dim0: number, dim1: number): Tensor<D> {
  return exchanged('transpose', x, dim0, dim1);
}

/** As transpose. As `torch.swapaxes`. @throws ArgumentError, ArgumentRangeError */
export function swapaxes<D extends DType>(x: Tensor<D>, dim0: number, dim1: number): Tensor<D> {
  return exchanged('swapaxes', x, dim0, dim1);
}

function exchanged<D extends DType>(op: string, x: Tensor<D>, dim0: number, dim1: number): Tensor<D> {
  checkTensor(op, 'x', x, DTYPES);
  const first = checkDim(op, 'dim0', dim0, x.ndim);
  const second = checkDim(op, 'dim1', dim1, x.ndim);
  const order = x.shape.map((_, d) => (d === first ? second : d === second ? first : d));
  return apply(op, x, order);
}

/**
 * The dimensions `source` at the places `destination`, the others in their order. As `torch.movedim`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function movedim<D extends DType>(
  x: Tensor<D>,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor<D> {
  checkTensor('movedim', 'x', x, DTYPES);
  const from = checkDims('movedim', 'source', source, x.ndim);
  const to = checkDims('movedim', 'destination', destination, x.ndim);
  checkShape(
    from.length === to.length,
    'movedim',
    'destination',
    `of ${from.length} dimensions`,
    destination,
  );
  const rest = x.shape.map((_, d) => d).filter((d) => !from.includes(d));
  const order = x.shape.map((_, d) => (to.includes(d) ? from[to.indexOf(d)]! : rest.shift()!));
  return apply('movedim', x, order);
}

/** `x` backwards along `dims`. As `torch.flip`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function flip<D extends DType>(x: Tensor<D>, dims: number | readonly number[]): Tensor<D> {
  checkTensor('flip', 'x', x, DTYPES);
  const turned = checkDims('flip', 'dims', dims, x.ndim);
  const strides = stridesOf(x.shape);
  let offset = 0;
  for (const d of turned) {
    if (x.ndim === 0) continue;
    offset += strides[d]! * (x.shape[d]! - 1);
    strides[d] = -strides[d]!;
  }
  return viewed('flip', x, x.shape, strides, offset);
}

/**
 * `x` moved by `shifts` places along `dims`, what leaves at the end coming in at the start; without dims, along all
 * elements as one dimension. As `torch.roll`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function roll<D extends DType>(
  x: Tensor<D>,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor<D> {
  checkTensor('roll', 'x', x, DTYPES);
  const steps = typeof shifts === 'number' ? [shifts] : shifts;
  checkType(Array.isArray(steps), 'roll', 'shifts', 'an integer or an array of integers', shifts);
  steps.forEach((step, i) => checkInteger('roll', `shifts[${i}]`, step));
  if (dims === undefined) {
    checkShape(steps.length === 1, 'roll', 'shifts', 'one number where there are no dims', shifts);
    return rolled(x, { outer: 1, length: x.size, inner: 1 }, steps[0]!);
  }
  const list = typeof dims === 'number' ? [dims] : dims;
  checkType(Array.isArray(list), 'roll', 'dims', 'a dimension or an array of dimensions', dims);
  const places = list.map((d) => checkDim('roll', 'dims', d, x.ndim));
  checkShape(
    places.length === steps.length,
    'roll',
    'dims',
    `of ${steps.length} dimensions, as shifts is,`,
    dims,
  );
  return places.reduce((y, d, i) => rolled(y, along(x.shape, d), steps[i]!), x);
}

function rolled<D extends DType>(x: Tensor<D>, places: ReturnType<typeof along>, shift: number): Tensor<D> {
  const { length } = places;
  const at = Int32Array.from({ length }, (_, i) => (((i - shift) % length) + length) % length);
  return takeRows('roll', x, places, at, x.shape);
}
