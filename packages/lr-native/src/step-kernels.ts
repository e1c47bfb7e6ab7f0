/** lr-core's step kernels on the addon: one call a parameter group. Importing @org/lr-native selects them. */
import { registerKernels, useKernels } from '@org/lr-core';
import type { StepKernel } from '@org/lr-core';
import { addon } from './addon.ts';
import type { OptimizerKind } from './addon-types.ts';

function kernel(kind: OptimizerKind): StepKernel {
  return (buffers, scalars, hyper) =>
    addon.optimizerStep(kind, buffers as readonly (readonly Float32Array[] | null)[], scalars, hyper);
}

registerKernels({ name: 'native', sgd: kernel('sgd'), adam: kernel('adam') });
useKernels('native');
