/** Repetition: expand, broadcastTo, repeat, tile, and what broadcasts two vectors, outer and meshgrid. Elements are copied. */
import { checkChoice, checkTensor, result } from './op.ts';
import { checkInteger, checkShape, checkType } from '@org/lr-core';
import { DTYPES, sizeOf, uninitializedLike } from '../dtype.ts';
import type { ArrayOf, DType, RealArray, RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';
import { broadcastWalk, move, strided, wholeWalk } from './strided.ts';
import { sumTo } from './broadcast.ts';
import { checkNdim } from './op.ts';
import { reshape, unsqueeze } from './reshape.ts';

/** `x` repeated to `shape`, which it broadcasts to; the gradient is summed. */
export function expandedTo<D extends DType>(op: string, x: Tensor<D>, shape: readonly number[]): Tensor<D> {
  const y = uninitializedLike(x.data, sizeOf(shape));
  move(strided(op, shape, [broadcastWalk(x.shape, shape), wholeWalk(shape)]), x.data, y);
  const backward = (dy: ArrayOf[D]): ArrayOf[D][] => [
    sumTo(dy as RealArray, shape, x.shape) as unknown as ArrayOf[D],
  ];
  return result(op, [x], y, shape, backward, null, undefined, x.dtype);
}

/**
 * `x` repeated along its dimensions of length 1, and along new dimensions before them, to `shape`; -1 keeps a length. As
 * `torch.Tensor.expand`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function expand<D extends DType>(x: Tensor<D>, shape: readonly number[]): Tensor<D> {
  return checkedExpand('expand', x, shape);
}

function checkedExpand<D extends DType>(op: string, x: Tensor<D>, shape: readonly number[]): Tensor<D> {
  checkTensor(op, 'x', x, DTYPES);
  checkType(Array.isArray(shape), op, 'shape', 'an array of integers', shape);
  shape.forEach((length, d) => checkInteger(op, `shape[${d}]`, length, -1));
  const lead = shape.length - x.ndim;
  const lengths = shape.map((length, d) => (length === -1 ? (x.shape[d - lead] ?? -1) : length));
  const fits =
    lead >= 0 &&
    lengths.every(
      (length, d) => length > 0 && (d < lead || x.shape[d - lead] === 1 || x.shape[d - lead] === length),
    );
  checkShape(fits, op, 'shape', `one that [${x.shape.join(', ')}] broadcasts to`, shape);
  return expandedTo(op, x, lengths);
}

/** `x` expanded to the shape of `other`. As `torch.Tensor.expand_as`. @throws ArgumentError, ShapeError */
export function expandAs<D extends DType>(x: Tensor<D>, other: Tensor<DType>): Tensor<D> {
  checkTensor('expandAs', 'other', other, DTYPES);
  return checkedExpand('expandAs', x, other.shape);
}

/** As expand. As `torch.broadcast_to`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function broadcastTo<D extends DType>(x: Tensor<D>, shape: readonly number[]): Tensor<D> {
  return checkedExpand('broadcastTo', x, shape);
}

function repeated<D extends DType>(op: string, x: Tensor<D>, repeats: readonly number[]): Tensor<D> {
  const lead = repeats.length - x.ndim;
  const shape = [...new Array<number>(lead).fill(1), ...x.shape];
  const between = shape.flatMap((length) => [1, length]);
  const wide = expandedTo(
    op,
    reshape(x, between),
    shape.flatMap((length, d) => [repeats[d]!, length]),
  );
  return reshape(
    wide,
    shape.map((length, d) => length * repeats[d]!),
  );
}

function checkRepeats(op: string, repeats: readonly number[]): void {
  checkType(Array.isArray(repeats), op, 'repeats', 'an array of integers', repeats);
  repeats.forEach((count, d) => checkInteger(op, `repeats[${d}]`, count, 1));
}

/**
 * `x` put after itself `repeats[d]` times in each dimension, new ones before them. As `torch.Tensor.repeat`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError where there are fewer repeats than dimensions
 */
export function repeat<D extends DType>(x: Tensor<D>, repeats: readonly number[]): Tensor<D> {
  checkTensor('repeat', 'x', x, DTYPES);
  checkRepeats('repeat', repeats);
  checkShape(repeats.length >= x.ndim, 'repeat', 'repeats', `of at least ${x.ndim} numbers`, repeats);
  return repeated('repeat', x, repeats);
}

/** As repeat; missing repeats, the first ones, are 1. As `torch.tile`. @throws ArgumentError, ArgumentRangeError */
export function tile<D extends DType>(x: Tensor<D>, repeats: readonly number[]): Tensor<D> {
  checkTensor('tile', 'x', x, DTYPES);
  checkRepeats('tile', repeats);
  const missing = Math.max(x.ndim - repeats.length, 0);
  return repeated('tile', x, [...new Array<number>(missing).fill(1), ...repeats]);
}

/** The products of each element of `a` (n) with each of `b` (m): (n, m). As `torch.outer`. @throws ArgumentError, ShapeError */
export function outer<D extends RealDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  checkTensor('outer', 'a', a);
  checkTensor('outer', 'b', b);
  checkNdim('outer', 'a', a, ['(n)']);
  checkNdim('outer', 'b', b, ['(n)']);
  return mul(unsqueeze(a, 1), b);
}

export interface MeshgridOptions {
  /** `'ij'` (default): the first vector runs along dimension 0; `'xy'`: along dimension 1, the second along 0. */
  indexing?: 'ij' | 'xy';
}

/** The coordinates of a grid: each vector repeated along the dimensions of the others. As `torch.meshgrid`. @throws ArgumentError, ShapeError */
export function meshgrid<D extends DType>(
  vectors: readonly Tensor<D>[],
  { indexing = 'ij' }: MeshgridOptions = {},
): Tensor<D>[] {
  const isList = Array.isArray(vectors) && vectors.length > 0;
  checkType(isList, 'meshgrid', 'vectors', 'an array of at least one Tensor', vectors);
  checkChoice('meshgrid', 'indexing', indexing, ['ij', 'xy']);
  vectors.forEach((x, i) => {
    checkTensor('meshgrid', `vectors[${i}]`, x, DTYPES);
    checkNdim('meshgrid', `vectors[${i}]`, x, ['(n)']);
  });
  const order = vectors.map((_, i) => (indexing === 'xy' && i < 2 && vectors.length > 1 ? 1 - i : i));
  const shape = order.map((i) => vectors[i]!.size);
  return vectors.map((x, i) => {
    const own = shape.map((length, d) => (d === order[i] ? length : 1));
    return expandedTo('meshgrid', reshape(x, own), shape);
  });
}
