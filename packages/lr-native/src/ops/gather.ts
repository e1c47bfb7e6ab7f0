/**
 * Elements by index: indexSelect, gather, takeAlongDim, scatter, scatterAdd, oneHot. Sums are taken in the order of the
 * sources, so they do not depend on the number of threads.
 */
import { ArgumentRangeError, checkInteger, checkRange, checkShape, message } from '@org/lr-core';
import { addon } from '../addon.ts';
import type { Attributes } from '../autograd.ts';
import { beforeReplay } from '../capture.ts';
import { hostOf, onDevice } from '../device-array.ts';
import {
  ARRAY_TYPES,
  DTYPES,
  arrayLike,
  isBytes,
  movable,
  sizeOf,
  uninitializedLike,
  zeroLike,
} from '../dtype.ts';
import type { ArrayOf, DType, IndexDType, RealArray } from '../dtype.ts';
import { acquire } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import { broadcastShape } from './broadcast.ts';
import { expandedTo } from './expand.ts';
import { checkDim, checkNdim, checkTensor, checkTensorLike, result } from './op.ts';
import { copied, fill, strided, stretched, viewed, wholeWalk } from './strided.ts';
import { stridesOf } from './strides.ts';

const INDICES: readonly DType[] = ['int32', 'int64', 'uint8'];

/** `x` seen along one dimension: (outer, length, inner). */
export interface Along {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

export function along(shape: readonly number[], dim: number): Along {
  return { outer: sizeOf(shape.slice(0, dim)), length: shape[dim] ?? 1, inner: sizeOf(shape.slice(dim + 1)) };
}

/**
 * The elements of `indices` as int32.
 *
 * @param negative whether an index may count from the end
 * @throws ArgumentError, ArgumentRangeError for an index that is none of `length` positions
 */
export function checkIndices(
  op: string,
  name: string,
  indices: Tensor<DType>,
  length: number,
  negative = false,
): Int32Array {
  checkTensor(op, name, indices, INDICES);
  const { data: given } = indices;
  const at = new Int32Array(given.length);
  const least = negative ? -length : 0;
  beforeReplay(() => {
    const data = hostOf(given);
    for (let i = 0; i < at.length; i++) {
      const index = Number(data[i]);
      if (!(index >= least && index < length)) {
        throw new ArgumentRangeError(
          message(op, `${name}[${i}]`, `an index from ${least} to ${length - 1}`, index),
        );
      }
      at[i] = index < 0 ? index + length : index;
    }
  });
  return at;
}

/** Rows of `x`, seen as (outer, length, inner), by index, as a tensor of `shape`; row `ignored` takes no gradient. */
export function takeRows<D extends DType>(
  op: string,
  x: Tensor<D>,
  { outer, length, inner }: Along,
  at: Int32Array,
  shape: readonly number[],
  ignored = -1,
  attributes?: Attributes,
): Tensor<D> {
  const geometry = Int32Array.of(outer, length, at.length, inner, ignored);
  const source = movable(x.data);
  if (isBytes(source)) {
    return takeRows(op, x.asType('int32'), { outer, length, inner }, at, shape).asType(x.dtype);
  }
  const y = uninitializedLike(x.data, sizeOf(shape));
  addon.gatherRows(geometry, source, at, movable(y) as RealArray);
  const backward = (dy: ArrayOf[D]): ArrayOf[D][] => {
    const dx = acquire(source.length, dy as RealArray);
    addon.gatherRowsBackward(geometry, dy as RealArray, at, dx);
    return [dx as ArrayOf[D]];
  };
  return result(op, [x], y, shape, backward, null, attributes);
}

/**
 * The places `index` along `dim`. As `torch.index_select`.
 *
 * @param index (n), integers
 * @throws ArgumentError, ArgumentRangeError for an index that is no place, ShapeError
 */
export function indexSelect<D extends DType>(
  x: Tensor<D>,
  dim: number,
  index: Tensor<IndexDType>,
): Tensor<D> {
  checkTensor('indexSelect', 'x', x, DTYPES);
  const d = checkDim('indexSelect', 'dim', dim, x.ndim);
  const places = along(x.shape, d);
  const at = checkIndices('indexSelect', 'index', index, places.length);
  checkNdim('indexSelect', 'index', index, ['(n)']);
  return takeRows('indexSelect', x, places, at, x.ndim === 0 ? [] : x.shape.with(d, at.length));
}

/** The first `lengths` of each dimension, where `x` is longer. */
function cropped<D extends DType>(op: string, x: Tensor<D>, lengths: readonly number[]): Tensor<D> {
  if (lengths.every((length, d) => length === x.shape[d])) return x;
  return viewed(op, x, lengths, stridesOf(x.shape));
}

function checkFits(
  op: string,
  name: string,
  index: Tensor<DType>,
  shape: readonly number[],
  except: number,
): void {
  const fits =
    index.ndim === shape.length && index.shape.every((length, d) => d === except || length <= shape[d]!);
  const but = except < 0 ? '' : ` except in dimension ${except}`;
  checkShape(fits, op, 'index', `no larger than ${name}, [${shape.join(', ')}],${but}`, index.shape);
}

/**
 * y[i][j][k] = x[index[i][j][k]][j][k] for dim 0, and likewise for the others. As `torch.gather`.
 *
 * @param index integers, of as many dimensions as x, and no larger except along `dim`
 * @returns of the shape of index
 * @throws ArgumentError, ArgumentRangeError for an index that is no place, ShapeError
 */
export function gather<D extends DType>(x: Tensor<D>, dim: number, index: Tensor<IndexDType>): Tensor<D> {
  return gathered('gather', x, dim, index);
}

function gathered<D extends DType>(
  op: string,
  x: Tensor<D>,
  dim: number,
  index: Tensor<IndexDType>,
): Tensor<D> {
  checkTensor(op, 'x', x, DTYPES);
  const d = checkDim(op, 'dim', dim, x.ndim);
  const { length } = along(x.shape, d);
  const at = checkIndices(op, 'index', index, length);
  checkFits(op, 'x', index, x.shape, d);
  const source = cropped(op, x, x.ndim === 0 ? [] : index.shape.with(d, length));
  const { outer, length: count, inner } = along(index.shape, d);
  const geometry = Int32Array.of(outer, length, count, inner);
  const moved = movable(source.data);
  if (isBytes(moved)) return gathered(op, x.asType('int32'), dim, index).asType(x.dtype);
  const y = uninitializedLike(source.data, at.length);
  addon.gather(geometry, moved, at, movable(y) as RealArray);
  return result(op, [source], y, index.shape, (dy) => {
    const dx = acquire(moved.length, dy as RealArray);
    fill(dx, 0);
    addon.scatterAdd(geometry, dy as RealArray, at, dx);
    return [dx as ArrayOf[D]];
  });
}

/**
 * As gather, where x and index broadcast in the other dimensions. As `torch.take_along_dim`.
 *
 * @throws as gather
 */
export function takeAlongDim<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  dim: number,
): Tensor<D> {
  checkTensor('takeAlongDim', 'x', x, DTYPES);
  checkTensor('takeAlongDim', 'index', index, INDICES);
  const d = checkDim('takeAlongDim', 'dim', dim, x.ndim);
  checkShape(index.ndim === x.ndim, 'takeAlongDim', 'index', `of ${x.ndim} dimensions`, index.shape);
  const one = broadcastShape('takeAlongDim', x.shape.with(d, 1), index.shape.with(d, 1));
  const toX = one.with(d, x.shape[d]!);
  const toIndex = one.with(d, index.shape[d]!);
  const wide = expandedTo('takeAlongDim', x, toX);
  const places = new Tensor(
    stretched('takeAlongDim', index.data, index.shape, toIndex),
    toIndex,
    index.dtype,
  );
  return gathered('takeAlongDim', wide, d, places);
}

/** `x` with `block` in place of its first elements in each dimension. */
function withBlock<D extends DType>(op: string, x: Tensor<D>, block: Tensor<D>): Tensor<D> {
  if (block.size === x.size) return block;
  const into = { size: x.size, strides: stridesOf(x.shape) };
  const geometry = strided(op, block.shape, [wholeWalk(block.shape), into]);
  const y = copied(x.data);
  addon.copy(geometry, block.data as RealArray, y as RealArray);
  return result(op, [x, block], y, x.shape, (given, needs) => {
    const dy = given as RealArray;
    const dx = needs[0] ? copied(dy) : null;
    const zero = zeroLike(dy);
    if (dx !== null) {
      const nothing = { size: 1, strides: block.shape.map(() => 0) };
      addon.copy(strided(op, block.shape, [nothing, into]), zero, dx);
    }
    const dblock = needs[1] ? acquire(block.size, dy) : null;
    if (dblock !== null) addon.copy(strided(op, block.shape, [into, wholeWalk(block.shape)]), dy, dblock);
    return [dx, dblock] as (ArrayOf[D] | null)[];
  });
}

function scattered<D extends 'float32' | 'float64'>(
  op: 'scatter' | 'scatterAdd',
  x: Tensor<D>,
  dim: number,
  index: Tensor<IndexDType>,
  source: Tensor<D>,
): Tensor<D> {
  const d = checkDim(op, 'dim', dim, x.ndim);
  const at = checkIndices(op, 'index', index, along(x.shape, d).length);
  checkFits(op, 'x', index, x.shape, d);
  checkFits(op, 'source', index, source.shape, -1);
  const block = cropped(op, x, x.ndim === 0 ? [] : index.shape.with(d, x.shape[d]!));
  const part = cropped(op, source, index.shape);
  const { outer, length, inner } = along(block.shape, d);
  const geometry = Int32Array.of(outer, length, along(index.shape, d).length, inner);
  const y = copied(block.data);
  addon[op](geometry, part.data, at, y);
  const changed = result(op, [block, part], y, block.shape, (dy, needs) => {
    let dblock = needs[0] ? dy : null;
    if (dblock !== null && op === 'scatter') {
      const zeros = acquire(at.length, dy);
      fill(zeros, 0);
      dblock = copied(dy);
      addon.scatter(geometry, zeros, at, dblock);
    }
    const dpart = needs[1] ? acquire(at.length, dy) : null;
    if (dpart !== null) addon.gather(geometry, dy, at, dpart);
    return [dblock, dpart];
  });
  return withBlock(op, x, changed);
}

/**
 * x with y[index[i][j][k]][j][k] = source[i][j][k] for dim 0, and likewise for the others; of equal places the last is
 * kept. As `torch.scatter`.
 *
 * @param index integers, no larger than source, nor than x except along `dim`
 * @param source of the element type of x, or a number
 * @throws ArgumentError, ArgumentRangeError for an index that is no place, ShapeError
 */
export function scatter<D extends 'float32' | 'float64'>(
  x: Tensor<D>,
  dim: number,
  index: Tensor<IndexDType>,
  source: Tensor<D> | number,
): Tensor<D> {
  checkTensor('scatter', 'x', x);
  checkTensor('scatter', 'index', index, INDICES);
  if (typeof source === 'number') {
    const filled = arrayLike(x.data, index.size).fill(source) as ArrayOf[D];
    return scattered('scatter', x, dim, index, new Tensor(filled, index.shape));
  }
  checkTensorLike('scatter', 'source', source, x);
  return scattered('scatter', x, dim, index, source);
}

/**
 * x with y[index[i][j][k]][j][k] += source[i][j][k] for dim 0, and likewise for the others, in the order of the sources.
 * As `torch.scatter_add`.
 *
 * @throws as scatter
 */
export function scatterAdd<D extends 'float32' | 'float64'>(
  x: Tensor<D>,
  dim: number,
  index: Tensor<IndexDType>,
  source: Tensor<D>,
): Tensor<D> {
  checkTensor('scatterAdd', 'x', x);
  checkTensor('scatterAdd', 'index', index, INDICES);
  checkTensorLike('scatterAdd', 'source', source, x);
  return scattered('scatterAdd', x, dim, index, source);
}

/**
 * 1 at the class of each element in a new last dimension, else 0, of the element type of `x`, set in JavaScript. As
 * `torch.nn.functional.one_hot`.
 *
 * @param x (*), integers
 * @param numClasses default: one more than the largest
 * @returns (*, numClasses)
 * @throws ArgumentError, ArgumentRangeError
 */
export function oneHot<D extends IndexDType>(x: Tensor<D>, numClasses?: number): Tensor<D> {
  checkTensor('oneHot', 'x', x, INDICES);
  let classes = numClasses ?? 0;
  if (numClasses === undefined)
    for (const value of hostOf(x.data)) classes = Math.max(classes, Number(value) + 1);
  else checkInteger('oneHot', 'numClasses', numClasses, 1);
  checkRange(classes >= 1, 'oneHot', 'x', 'classes from 0 on', classes - 1);
  const at = checkIndices('oneHot', 'x', x, classes);
  const y = new ARRAY_TYPES[x.dtype](at.length * classes);
  const isLong = y instanceof BigInt64Array;
  at.forEach((index, i) => {
    y[i * classes + index] = isLong ? 1n : 1;
  });
  return new Tensor(onDevice(x.device, x.dtype, y), [...x.shape, classes], x.dtype);
}
