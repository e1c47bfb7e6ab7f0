/**
 * The step kernels in TypeScript: what every other implementation has to equal to the bit.
 *
 * A kernel is one file named as its kind: a tight loop over `Float32Array`s in which `Math.fround` follows every
 * operation (storing into a `Float32Array` rounds too). Hyper-parameters are rounded from double once, before the loop.
 */
import type { StepKernel, StepKernelKind, StepKernels } from '../step-kernels.ts';
import { adam } from './adam.ts';
import { sgd } from './sgd.ts';
import { onCpu } from '../storage.ts';

/** A step kernel whose buffers are on the CPU. */
export type CpuStepKernel = (
  buffers: readonly (readonly Float32Array[] | null)[],
  scalars: Float64Array,
  hyper: Float64Array,
) => void;

function checked(kind: StepKernelKind, kernel: CpuStepKernel): StepKernel {
  return (buffers, scalars, hyper) => {
    for (const role of buffers) role?.forEach((storage) => onCpu(kind, storage));
    kernel(buffers as readonly (readonly Float32Array[] | null)[], scalars, hyper);
  };
}

export const reference: StepKernels = {
  name: 'js',
  sgd: checked('sgd', sgd),
  adam: checked('adam', adam),
};
