/** lr-core's step kernels on the addon: one call a parameter group. Importing @org/lr-native selects them. */
import { registerKernels, useKernels } from '@org/lr-core';
import type { StepKernel, Storage } from '@org/lr-core';
import { addon } from './addon.ts';
import { OPTIMIZER_KINDS, REDUCE, type OptimizerKind } from './addon-types.ts';
import type { DeviceArray } from './device-array.ts';
import { reduceGeometry } from './ops/axis.ts';

function kernel(kind: OptimizerKind): StepKernel {
  return (buffers, scalars, hyper) =>
    addon.optimizerStep(kind, buffers as readonly (readonly Float32Array[] | null)[], scalars, hyper);
}

/** On a device one after another, so that one copy brings them all to the host. */
function norms(arrays: readonly Storage[], p: number): Float32Array {
  if (areOfHost(arrays)) {
    const all = new Float32Array(arrays.length);
    addon.gradientNorms(arrays, all);
    return all;
  }
  const buffers = arrays as readonly DeviceArray[];
  const all = buffers[0]!.zeros(buffers.length);
  buffers.forEach((buffer, i) => {
    if (buffer.length === 0) return;
    const geometry = reduceGeometry([buffer.length], () => true);
    addon.reduceForward(REDUCE.norm, p, geometry, floats(buffer), floats(all.subarray(i, i + 1)));
  });
  return all.toFloat32Array();
}

function scale(arrays: readonly Storage[], factor: number): void {
  if (areOfHost(arrays)) {
    addon.scaleGradients(arrays, factor);
    return;
  }
  for (const buffer of arrays as readonly DeviceArray[]) {
    if (buffer.length === 0) continue;
    const scaled = buffer.slice();
    addon.movingAverage(buffer.length, 1, factor, floats(buffer), floats(scaled));
    buffer.set(scaled);
    scaled.free();
  }
}

function areOfHost(arrays: readonly Storage[]): arrays is readonly Float32Array[] {
  return arrays[0] instanceof Float32Array;
}

/** An array of a device as operators take it. */
const floats = (buffer: DeviceArray): Float32Array => buffer as unknown as Float32Array;

registerKernels({
  name: 'native',
  norms,
  scale,
  ...Object.fromEntries(OPTIMIZER_KINDS.map((kind) => [kind, kernel(kind)])),
});
useKernels('native');
