/** Diagonals and triangles of matrices: diagonal, diag, tril, triu. */
import { checkInteger, checkRange, checkShape } from '@org/lr-core';
import { addon } from '../addon.ts';
import { onDevice } from '../device-array.ts';
import { DTYPES, arrayLike } from '../dtype.ts';
import type { ArrayOf, DType, RealArray } from '../dtype.ts';
import { acquire } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import { checkDim, checkNdim, checkTensor, result } from './op.ts';
import { move, strided, viewed, wholeWalk } from './strided.ts';
import { stridesOf } from './strides.ts';
import { where } from './where.ts';

export interface DiagonalOptions {
  /** How far above the main diagonal, below it where negative; default 0. */
  offset?: number;
  /** The dimension of the rows; default 0. */
  dim1?: number;
  /** The dimension of the columns; default 1. */
  dim2?: number;
}

/** A diagonal of the matrices in two dimensions, as a new last dimension. As `torch.diagonal`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function diagonal<D extends DType>(x: Tensor<D>, options: DiagonalOptions = {}): Tensor<D> {
  const { offset = 0, dim1 = 0, dim2 = 1 } = options;
  checkTensor('diagonal', 'x', x, DTYPES);
  checkShape(x.ndim >= 2, 'diagonal', 'x', 'of at least two dimensions', x.shape);
  checkInteger('diagonal', 'offset', offset);
  const rows = checkDim('diagonal', 'dim1', dim1, x.ndim);
  const columns = checkDim('diagonal', 'dim2', dim2, x.ndim);
  checkShape(rows !== columns, 'diagonal', 'dim2', 'another dimension than dim1', dim2);
  return takeDiagonal('diagonal', x, offset, rows, columns);
}

function takeDiagonal<D extends DType>(
  op: string,
  x: Tensor<D>,
  offset: number,
  rows: number,
  columns: number,
): Tensor<D> {
  const down = Math.max(-offset, 0);
  const right = Math.max(offset, 0);
  const length = Math.min(x.shape[rows]! - down, x.shape[columns]! - right);
  checkRange(length > 0, op, 'offset', 'that of a diagonal with elements', offset);
  const strides = stridesOf(x.shape);
  const others = (list: readonly number[]): number[] => list.filter((_, d) => d !== rows && d !== columns);
  const step = strides[rows]! + strides[columns]!;
  const start = down * strides[rows]! + right * strides[columns]!;
  return viewed(op, x, [...others(x.shape), length], [...others(strides), step], start);
}

/**
 * A vector as a diagonal of a matrix of zeros, or the diagonal of a matrix. As `torch.diag`.
 *
 * @param offset how far above the main diagonal, below it where negative
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function diag<D extends DType>(x: Tensor<D>, offset = 0): Tensor<D> {
  checkTensor('diag', 'x', x, DTYPES);
  checkInteger('diag', 'offset', offset);
  checkNdim('diag', 'x', x, ['(n)', '(rows, columns)']);
  if (x.ndim === 2) return takeDiagonal('diag', x, offset, 0, 1);
  const side = x.size + Math.abs(offset);
  const into = {
    size: side * side,
    strides: [side + 1],
    offset: Math.max(-offset, 0) * side + Math.max(offset, 0),
  };
  const whole = wholeWalk(x.shape);
  const y = arrayLike(x.data, side * side);
  move(strided('diag', x.shape, [whole, into]), x.data, y);
  const backward = (dy: ArrayOf[D]): ArrayOf[D][] => {
    const dx = acquire(x.size, dy as RealArray);
    addon.copy(strided('diag', x.shape, [into, whole]), dy as RealArray, dx);
    return [dx as ArrayOf[D]];
  };
  return result('diag', [x], y, [side, side], backward, null, undefined, x.dtype);
}

function triangle<D extends DType>(op: string, x: Tensor<D>, diagonal: number, isLower: boolean): Tensor<D> {
  checkTensor(op, 'x', x, DTYPES);
  checkInteger(op, 'diagonal', diagonal);
  checkShape(x.ndim >= 2, op, 'x', 'of at least two dimensions', x.shape);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const kept = new Uint8Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const edge = Math.min(Math.max(r + diagonal + (isLower ? 1 : 0), 0), columns);
    if (isLower) kept.fill(1, r * columns, r * columns + edge);
    else kept.fill(1, r * columns + edge, (r + 1) * columns);
  }
  return where(new Tensor(onDevice(x.device, 'bool', kept), [rows, columns], 'bool'), x, 0);
}

/**
 * The matrices in the last two dimensions with zeros above a diagonal. As `torch.tril`.
 *
 * @param diagonal how far above the main diagonal, below it where negative
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function tril<D extends DType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  return triangle('tril', x, diagonal, true);
}

/** The matrices in the last two dimensions with zeros below a diagonal. As `torch.triu`. @throws as tril */
export function triu<D extends DType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  return triangle('triu', x, diagonal, false);
}
