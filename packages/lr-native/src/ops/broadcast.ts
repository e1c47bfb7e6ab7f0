/** Broadcasting: shapes are aligned at their last dimension, and a length of 1 stretches. */
import { ShapeError, show } from '@org/lr-core';
import { addon } from '../addon.ts';
import { REDUCE } from '../addon-types.ts';
import { sizeOf } from '../dtype.ts';
import type { RealArray } from '../dtype.ts';
import { acquire } from '../pool.ts';
import { reduceGeometry } from './axis.ts';
import { stridesOf } from './strides.ts';

/** @throws ShapeError where two lengths differ and neither is 1 */
export function broadcastShape(op: string, a: readonly number[], b: readonly number[]): number[] {
  const shape: number[] = [];
  for (let i = 1; i <= Math.max(a.length, b.length); i++) {
    const x = a.at(-i) ?? 1;
    const y = b.at(-i) ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(`[${op}] expected shapes that broadcast but received ${show(a)} and ${show(b)}`);
    }
    shape.unshift(x === 1 ? y : x);
  }
  return shape;
}

/** Strides that walk an array of shape `from` as if it had been broadcast to `to`: 0 where it stretches. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, d) => (d < lead || from[d - lead] === 1 ? 0 : strides[d - lead]!));
}

/**
 * Sums `x` of shape `from` down to shape `to`, which broadcasts to `from`: the gradient of broadcasting. Returns `x`
 * itself where nothing is to be summed.
 */
export function sumTo<A extends RealArray>(x: A, from: readonly number[], to: readonly number[]): A {
  const size = sizeOf(to);
  if (size === x.length) return x;
  const lead = from.length - to.length;
  const y = acquire(size, x);
  addon.reduceForward(
    REDUCE.sum,
    0,
    reduceGeometry(from, (d) => d < lead || to[d - lead] === 1),
    x,
    y,
  );
  return y;
}
