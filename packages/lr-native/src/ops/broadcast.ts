/** Broadcasting: shapes are aligned at their last dimension, and a length of 1 stretches. */
import { ShapeError, show } from '@org/lr-core';
import { acquire } from '../pool.ts';
import { sizeOf } from '../dtype.ts';
import { forEachRow, mergeDims, stridesOf } from './strides.ts';

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
 * Sums `x` of shape `from` down to shape `to`, which broadcasts to `from`: the gradient of broadcasting. Sums are taken
 * in double, in order. Returns `x` itself where nothing is to be summed.
 */
export function sumTo(x: Float32Array, from: readonly number[], to: readonly number[]): Float32Array {
  const size = sizeOf(to);
  if (size === x.length) return x;
  const sums = new Float64Array(size);
  const dims = mergeDims(from, stridesOf(from), broadcastStrides(to, from));
  const length = dims.shape.at(-1)!;
  const stride = dims.b.at(-1)!;
  forEachRow(dims.shape, dims.a, dims.b, (a, b) => {
    if (stride === 0) {
      let sum = sums[b]!;
      for (let i = 0; i < length; i++) sum += x[a + i]!;
      sums[b] = sum;
    } else {
      for (let i = 0; i < length; i++) sums[b + i * stride]! += x[a + i]!;
    }
  });
  const out = acquire(size);
  out.set(sums);
  return out;
}
