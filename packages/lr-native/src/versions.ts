/**
 * How often the elements of an array have been changed in place: what a backward pass compares, so that it never computes
 * with other values than the forward pass had. Tensors that share memory share the array, and with it the count.
 *
 * Whatever writes to the elements of a tensor that may be in a graph calls `changed`. What writes to `data` of its own
 * accord, as `x.data[0] = 1` does, is not seen.
 */
import { registerOptimizerStepPostHook } from '@org/lr-core';
import type { ArrayOf, DType } from './dtype.ts';

const versions = new WeakMap<ArrayOf[DType], number>();

/** 0 for an array that nothing has changed. */
export function versionOf(array: ArrayOf[DType]): number {
  return versions.get(array) ?? 0;
}

/** Notes a change of the elements of `array`. */
export function changed(array: ArrayOf[DType]): void {
  versions.set(array, versionOf(array) + 1);
}

registerOptimizerStepPostHook(({ paramGroups }) => {
  for (const { params } of paramGroups) {
    for (const { data, grad } of params) if (grad !== null) changed(data as Float32Array);
  }
});
