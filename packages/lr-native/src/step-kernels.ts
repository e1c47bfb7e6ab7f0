/** lr-core's step kernels on the addon: one call a parameter group. Importing @org/lr-native selects them. */
import { registerKernels, useKernels } from '@org/lr-core';
import type { StepKernel } from '@org/lr-core';
import { addon } from './addon.ts';
import { OPTIMIZER_KINDS, type OptimizerKind } from './addon-types.ts';

function kernel(kind: OptimizerKind): StepKernel {
  return (buffers, scalars, hyper) =>
    addon.optimizerStep(kind, buffers as readonly (readonly Float32Array[] | null)[], scalars, hyper);
}

registerKernels({
  name: 'native',
  ...Object.fromEntries(OPTIMIZER_KINDS.map((kind) => [kind, kernel(kind)])),
});
useKernels('native');
