/**
 * The geometry of operators that walk arrays with strides (Strided in native/include/lr/kernels.h), and the op that most
 * changes of layout are: a view of `x`, copied.
 */
import { ShapeError, show } from '@org/lr-core';
import { addon } from '../addon.ts';
import type { Attributes } from '../autograd.ts';
import type { Strided } from '../addon-types.ts';
import { isBytes, movable, sizeOf, uninitializedLike, zeroLike } from '../dtype.ts';
import type { ArrayOf, DType, RealArray } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastStrides } from './broadcast.ts';
import { result } from './op.ts';
import { stridesOf } from './strides.ts';

const MAX_DIMS = 8;
const OPERANDS = 3;

/** How an array of `size` elements is walked. */
export interface Walk {
  readonly size: number;
  /** One for each dimension of the walk. */
  readonly strides: readonly number[];
  /** Of the first element; default 0. */
  readonly offset?: number;
}

/** An array of shape `from`, walked as if it had been broadcast to `to`. */
export function broadcastWalk(from: readonly number[], to: readonly number[]): Walk {
  return { size: sizeOf(from), strides: broadcastStrides(from, to) };
}

/** A whole array of this shape. */
export function wholeWalk(shape: readonly number[]): Walk {
  return { size: sizeOf(shape), strides: stridesOf(shape) };
}

/**
 * The geometry of a walk over `shape`. Neighbouring dimensions that all operands run through in one stride are merged,
 * those of length 1 left out.
 *
 * @throws ShapeError where more than 8 dimensions are left
 */
export function strided(op: string, shape: readonly number[], walks: readonly Walk[]): Strided {
  const lengths: number[] = [];
  const dims: number[] = [];
  for (let d = 0; d < shape.length; d++) {
    const length = shape[d]!;
    if (length === 1) continue;
    const last = dims.at(-1);
    if (last !== undefined && walks.every(({ strides }) => strides[last] === strides[d]! * length)) {
      lengths[lengths.length - 1]! *= length;
      dims[dims.length - 1] = d;
    } else {
      lengths.push(length);
      dims.push(d);
    }
  }
  if (dims.length > MAX_DIMS) {
    throw new ShapeError(
      `[${op}] expected at most ${MAX_DIMS} dimensions that cannot be walked as one but received ${show(shape)}`,
    );
  }
  const fields = new Int32Array(1 + MAX_DIMS * (1 + OPERANDS) + 2 * OPERANDS);
  fields[0] = Math.max(dims.length, 1);
  fields[1] = 1;
  fields.set(lengths, 1);
  walks.forEach(({ size, strides, offset = 0 }, k) => {
    const at = 1 + MAX_DIMS * (1 + k);
    for (let i = 0; i < dims.length; i++) fields[at + i] = strides[dims[i]!]!;
    fields[1 + MAX_DIMS * (1 + OPERANDS) + k] = offset;
    fields[1 + MAX_DIMS * (1 + OPERANDS) + OPERANDS + k] = size;
  });
  return fields;
}

/** Copies the elements of one array to another of the same type, as `geometry` walks them. */
export function move<A extends ArrayOf[DType]>(geometry: Strided, from: A, to: A): void {
  const source = movable(from);
  if (isBytes(source)) addon.copyBytes(geometry, source, movable(to) as Uint8Array);
  else addon.copy(geometry, source, movable(to) as RealArray);
}

/** Every element of `x` becomes `value`. */
export function fill(x: RealArray, value: number): void {
  const one = zeroLike(x);
  one[0] = value;
  const from = { size: 1, strides: [0] };
  addon.copy(strided('fill', [x.length], [from, wholeWalk([x.length])]), one, x);
}

/** A new array with the elements of `x`. */
export function copied<A extends ArrayOf[DType]>(x: A): A {
  const y = uninitializedLike(x, x.length);
  const whole = wholeWalk([x.length]);
  move(strided('copy', [x.length], [whole, whole]), x, y);
  return y;
}

/** `x` of shape `from`, repeated to the shape `to` it broadcasts to: a new array unless the shapes are one. */
export function stretched<A extends ArrayOf[DType]>(
  op: string,
  x: A,
  from: readonly number[],
  to: readonly number[],
): A {
  if (sizeOf(to) === x.length) return x;
  const y = uninitializedLike(x, sizeOf(to));
  move(strided(op, to, [broadcastWalk(from, to), wholeWalk(to)]), x, y);
  return y;
}

/**
 * The elements of `x` that `walk` names, as a tensor of `shape`. No element of `x` is named twice, so the gradient is
 * copied back.
 */
export function viewed<D extends DType>(
  op: string,
  x: Tensor<D>,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
  attributes?: Attributes,
): Tensor<D> {
  const walk = { size: x.data.length, strides, offset };
  const y = uninitializedLike(x.data, sizeOf(shape));
  move(strided(op, shape, [walk, wholeWalk(shape)]), x.data, y);
  return result(
    op,
    [x],
    y,
    shape,
    (dy) => {
      const dx = acquire(walk.size, dy as RealArray);
      if (dx.length !== dy.length) fill(dx, 0);
      addon.copy(strided(op, shape, [wholeWalk(shape), walk]), dy as RealArray, dx);
      return [dx as ArrayOf[D]];
    },
    null,
    attributes,
    x.dtype,
  );
}
