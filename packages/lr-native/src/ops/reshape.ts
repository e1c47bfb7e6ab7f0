/** Other shapes for the same elements: nothing is copied. */
import { checkInteger, checkRange, checkShape, checkType } from '@org/lr-core';
import { DTYPES, sizeOf } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { checkDim, checkTensor, result } from './op.ts';

function withShape<D extends DType>(op: string, x: Tensor<D>, shape: readonly number[]): Tensor<D> {
  return result(op, [x], x.data, shape, (dy) => [dy], null, undefined, x.dtype);
}

/**
 * The elements of `x` in another shape, sharing its memory. One length may be -1: what is left over.
 * As `torch.reshape`.
 *
 * @throws ArgumentError, ShapeError where the number of elements differs
 */
export function reshape<D extends DType>(x: Tensor<D>, shape: readonly number[]): Tensor<D> {
  checkTensor('reshape', 'x', x, DTYPES);
  return withShape('reshape', x, checkLengths('reshape', 'shape', shape, x.data.length));
}

/** As reshape. As `torch.Tensor.view`, of which every tensor is capable here. @throws as reshape */
export function view<D extends DType>(x: Tensor<D>, shape: readonly number[]): Tensor<D> {
  checkTensor('view', 'x', x, DTYPES);
  return withShape('view', x, checkLengths('view', 'shape', shape, x.data.length));
}

/** `shape` with what is left over of `size` elements in place of -1. */
function checkLengths(op: string, name: string, shape: readonly number[], size: number): number[] {
  checkType(Array.isArray(shape), op, name, 'an array of integers', shape);
  shape.forEach((length, i) => checkInteger(op, `${name}[${i}]`, length, -1));
  const open = shape.indexOf(-1);
  const known = sizeOf(shape.filter((_, i) => i !== open));
  const lengths = open < 0 ? [...shape] : shape.map((length, i) => (i === open ? size / known : length));
  const fits = sizeOf(lengths) === size && lengths.every((length) => Number.isInteger(length) && length >= 0);
  checkShape(fits, op, name, `one of ${size} elements`, shape);
  return lengths;
}

/**
 * Dimension `dim` as several of the lengths `sizes`, of which one may be -1. As `torch.unflatten`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function unflatten<D extends DType>(x: Tensor<D>, dim: number, sizes: readonly number[]): Tensor<D> {
  checkTensor('unflatten', 'x', x, DTYPES);
  checkShape(x.ndim > 0, 'unflatten', 'x', 'of at least one dimension', x.shape);
  const at = checkDim('unflatten', 'dim', dim, x.ndim);
  const lengths = checkLengths('unflatten', 'sizes', sizes, x.shape[at]!);
  return withShape('unflatten', x, x.shape.toSpliced(at, 1, ...lengths));
}

export interface FlattenOptions {
  /** First dimension to flatten; default 0. */
  startDim?: number;
  /** Last dimension to flatten; default -1, the last. */
  endDim?: number;
}

/**
 * The dimensions from `startDim` to `endDim` as one, sharing the memory of `x`. As `torch.flatten`.
 *
 * @throws ArgumentError, ArgumentRangeError
 */
export function flatten<D extends DType>(x: Tensor<D>, options: FlattenOptions = {}): Tensor<D> {
  checkTensor('flatten', 'x', x, DTYPES);
  const start = checkDim('flatten', 'startDim', options.startDim ?? 0, x.ndim);
  const end = checkDim('flatten', 'endDim', options.endDim ?? -1, x.ndim);
  checkRange(start <= end, 'flatten', 'startDim', `at most endDim (${end})`, start);
  const { shape } = x;
  const flat = sizeOf(shape.slice(start, end + 1));
  return withShape('flatten', x, [...shape.slice(0, start), flat, ...shape.slice(end + 1)]);
}

/** `x` with a dimension of length 1 put in before `dim`. As `torch.unsqueeze`. @throws ArgumentRangeError */
export function unsqueeze<D extends DType>(x: Tensor<D>, dim: number): Tensor<D> {
  checkTensor('unsqueeze', 'x', x, DTYPES);
  const at = checkDim('unsqueeze', 'dim', dim, x.ndim + 1);
  return withShape('unsqueeze', x, x.shape.toSpliced(at, 0, 1));
}

/**
 * `x` without its dimensions of length 1, or without `dim` where that has length 1. As `torch.squeeze`.
 *
 * @throws ArgumentRangeError
 */
export function squeeze<D extends DType>(x: Tensor<D>, dim?: number): Tensor<D> {
  checkTensor('squeeze', 'x', x, DTYPES);
  const at = dim === undefined ? null : checkDim('squeeze', 'dim', dim, x.ndim);
  const shape = x.shape.filter((length, i) => length !== 1 || (at !== null && i !== at));
  return withShape('squeeze', x, shape);
}
