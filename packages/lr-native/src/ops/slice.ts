/** Parts of a tensor: narrow, select, index, split, chunk, unbind. Elements are copied. */
import { checkInteger, checkRange, checkShape, checkType } from '@org/lr-core';
import { DTYPES } from '../dtype.ts';
import type { DType, IndexDType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { along, checkIndices, takeRows } from './gather.ts';
import { checkDim, checkTensor } from './op.ts';
import { viewed } from './strided.ts';
import { stridesOf } from './strides.ts';

/** A position along a dimension, counted from the end where it is negative. @throws ArgumentError, ArgumentRangeError */
function checkPosition(op: string, name: string, position: unknown, length: number): number {
  checkInteger(op, name, position);
  const expectation = `an integer from ${-length} to ${length - 1}`;
  checkRange(position >= -length && position < length, op, name, expectation, position);
  return position < 0 ? position + length : position;
}

function narrowed<D extends DType>(
  op: string,
  x: Tensor<D>,
  d: number,
  start: number,
  length: number,
): Tensor<D> {
  const strides = stridesOf(x.shape);
  return viewed(op, x, x.shape.with(d, length), strides, start * strides[d]!, { dim: d, start, length });
}

function checkHasDims(op: string, x: Tensor<DType>): void {
  checkTensor(op, 'x', x, DTYPES);
  checkShape(x.ndim > 0, op, 'x', 'of at least one dimension', x.shape);
}

/** `length` places of dimension `dim` from `start` on. As `torch.narrow`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function narrow<D extends DType>(x: Tensor<D>, dim: number, start: number, length: number): Tensor<D> {
  checkHasDims('narrow', x);
  const d = checkDim('narrow', 'dim', dim, x.ndim);
  const first = checkPosition('narrow', 'start', start, x.shape[d]!);
  checkInteger('narrow', 'length', length, 1);
  const most = x.shape[d]! - first;
  checkRange(length <= most, 'narrow', 'length', `an integer from 1 to ${most}`, length);
  return narrowed('narrow', x, d, first, length);
}

/** Place `index` of dimension `dim`, which goes. As `torch.select`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function select<D extends DType>(x: Tensor<D>, dim: number, index: number): Tensor<D> {
  checkHasDims('select', x);
  const d = checkDim('select', 'dim', dim, x.ndim);
  return selected('select', x, d, checkPosition('select', 'index', index, x.shape[d]!));
}

function selected<D extends DType>(op: string, x: Tensor<D>, d: number, index: number): Tensor<D> {
  const strides = stridesOf(x.shape);
  const at = { dim: d, start: index, length: 1 };
  return viewed(op, x, x.shape.toSpliced(d, 1), strides.toSpliced(d, 1), index * strides[d]!, at);
}

/** Of one dimension: a place (the dimension goes), all of it, `[start, stop, step]`, or a vector of places. */
export type IndexItem =
  number | null | readonly [start: number | null, stop?: number | null, step?: number] | Tensor<IndexDType>;

/** The places of a range, as Python's slice has them. */
function checkSlice(
  name: string,
  item: readonly unknown[],
  length: number,
): { start: number; count: number; step: number } {
  const [start = null, stop = null, step = 1] = item;
  checkShape(item.length >= 1 && item.length <= 3, 'index', name, '[start, stop, step]', item);
  if (start !== null) checkInteger('index', `${name}[0]`, start);
  if (stop !== null) checkInteger('index', `${name}[1]`, stop);
  checkInteger('index', `${name}[2]`, step, 1);
  const clip = (place: number): number => Math.min(Math.max(place < 0 ? place + length : place, 0), length);
  const first = start === null ? 0 : clip(start as number);
  const last = stop === null ? length : clip(stop as number);
  const count = Math.ceil((last - first) / step);
  checkRange(count > 0, 'index', name, `a range with elements, of ${length},`, item);
  return { start: first, count, step };
}

/**
 * Parts of `x`, one item for each dimension from the first on; the rest are taken whole. As indexing a `torch.Tensor`
 * with one kind of item a dimension:
 *
 *     x.index(3)                     x[3]           a number: that place, and the dimension goes
 *     x.index(null, -1)              x[:, -1]       null: all of it
 *     x.index([1, 5], [null, null, 2])   x[1:5, ::2]    [start, stop, step]: a range; null as its ends, step >= 1
 *     x.index(tensor(Int32Array.of(2, 0)))   x[[2, 0]]   a vector of integers: those places, in that order
 *
 * Several vectors are taken one after another, each in its own dimension: x.index(i, j) is x[i][:, j]. Negative places
 * count from the end.
 *
 * @throws ArgumentError, ArgumentRangeError for a place outside or a range without elements, ShapeError
 */
export function index<D extends DType>(x: Tensor<D>, ...items: readonly IndexItem[]): Tensor<D> {
  checkTensor('index', 'x', x, DTYPES);
  checkShape(items.length <= x.ndim, 'index', 'items', `at most ${x.ndim}, as x has dimensions,`, items);
  const whole = stridesOf(x.shape);
  const shape: number[] = [];
  const strides: number[] = [];
  const vectors: { dim: number; at: Int32Array }[] = [];
  let offset = 0;
  x.shape.forEach((length, d) => {
    const item = items[d] ?? null;
    const name = `items[${d}]`;
    if (typeof item === 'number') {
      offset += checkPosition('index', name, item, length) * whole[d]!;
      return;
    }
    const isItem = item === null || Array.isArray(item) || item instanceof Tensor;
    checkType(isItem, 'index', name, 'a number, null, [start, stop, step] or a Tensor of integers', item);
    if (item instanceof Tensor) {
      const at = checkIndices('index', name, item, length, true);
      checkShape(item.ndim === 1, 'index', name, 'a vector', item.shape);
      vectors.push({ dim: shape.length, at });
    }
    const range = Array.isArray(item) ? checkSlice(name, item, length) : { start: 0, count: length, step: 1 };
    offset += range.start * whole[d]!;
    shape.push(range.count);
    strides.push(range.step * whole[d]!);
  });
  const y = viewed('index', x, shape, strides, offset);
  return vectors.reduce(
    (part, { dim, at }) =>
      takeRows('index', part, along(part.shape, dim), at, part.shape.with(dim, at.length)),
    y,
  );
}

/**
 * Parts of `x` along `dim`: of `size` places each, the last maybe of fewer, or of the sizes given. As `torch.split`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function split<D extends DType>(x: Tensor<D>, size: number | readonly number[], dim = 0): Tensor<D>[] {
  checkHasDims('split', x);
  const d = checkDim('split', 'dim', dim, x.ndim);
  const length = x.shape[d]!;
  if (typeof size === 'number') {
    checkInteger('split', 'size', size, 1);
    return parts('split', x, d, evenly(length, size));
  }
  checkType(Array.isArray(size), 'split', 'size', 'an integer or an array of integers', size);
  size.forEach((part, i) => checkInteger('split', `size[${i}]`, part, 1));
  const sum = size.reduce((a, b) => a + b, 0);
  checkShape(sum === length, 'split', 'size', `numbers that add up to ${length}`, size);
  return parts('split', x, d, size);
}

function evenly(length: number, size: number): number[] {
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => Math.min(size, length - i * size));
}

function parts<D extends DType>(op: string, x: Tensor<D>, d: number, sizes: readonly number[]): Tensor<D>[] {
  let start = 0;
  return sizes.map((size) => {
    const part = narrowed(op, x, d, start, size);
    start += size;
    return part;
  });
}

/** At most `chunks` parts of one size along `dim`, the last maybe smaller. As `torch.chunk`. @throws as split */
export function chunk<D extends DType>(x: Tensor<D>, chunks: number, dim = 0): Tensor<D>[] {
  checkHasDims('chunk', x);
  checkInteger('chunk', 'chunks', chunks, 1);
  const d = checkDim('chunk', 'dim', dim, x.ndim);
  return parts('chunk', x, d, evenly(x.shape[d]!, Math.ceil(x.shape[d]! / chunks)));
}

/** Every place of `dim`, which goes. As `torch.unbind`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function unbind<D extends DType>(x: Tensor<D>, dim = 0): Tensor<D>[] {
  checkHasDims('unbind', x);
  const d = checkDim('unbind', 'dim', dim, x.ndim);
  return Array.from({ length: x.shape[d]! }, (_, i) => selected('unbind', x, d, i));
}
