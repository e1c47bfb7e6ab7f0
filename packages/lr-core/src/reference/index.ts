/**
 * The step kernels in TypeScript: what every other implementation has to equal to the bit.
 *
 * A kernel is one file named as its kind. Most are a formula (`elementwise`) in the operations of tape.ts, each of which
 * rounds to float32; hyper-parameters are rounded from double once, where the formula says `uniform`. Kernels with
 * norms or matrices are loops around such formulas, or loops with `Math.fround`.
 */
import type { StepKernel, StepKernelKind, StepKernels } from '../step-kernels.ts';
import { onCpu } from '../storage.ts';
import { adadelta } from './adadelta.ts';
import { adafactor } from './adafactor.ts';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamax } from './adamax.ts';
import { asgd } from './asgd.ts';
import type { CpuStepKernel } from './elementwise.ts';
import { stateZeros } from './host.ts';
import { lamb } from './lamb.ts';
import { lars } from './lars.ts';
import { lion } from './lion.ts';
import { muon } from './muon.ts';
import { nadam } from './nadam.ts';
import { radam } from './radam.ts';
import { rmsprop } from './rmsprop.ts';
import { rprop } from './rprop.ts';
import { schedulefreeadamw } from './schedulefreeadamw.ts';
import { schedulefreesgd } from './schedulefreesgd.ts';
import { sgd } from './sgd.ts';
import { sparseadam } from './sparseadam.ts';

function checked(kind: StepKernelKind, kernel: CpuStepKernel): StepKernel {
  return (buffers, scalars, hyper) => {
    for (const role of buffers) role?.forEach((storage) => onCpu(kind, storage));
    kernel(buffers as readonly (readonly Float32Array[] | null)[], scalars, hyper);
  };
}

export const reference: Required<Omit<StepKernels, 'norms' | 'scale'>> = {
  name: 'js',
  zeros: stateZeros,
  adadelta: checked('adadelta', adadelta),
  adafactor: checked('adafactor', adafactor),
  adagrad: checked('adagrad', adagrad),
  adam: checked('adam', adam),
  adamax: checked('adamax', adamax),
  asgd: checked('asgd', asgd),
  lamb: checked('lamb', lamb),
  lars: checked('lars', lars),
  lion: checked('lion', lion),
  muon: checked('muon', muon),
  nadam: checked('nadam', nadam),
  radam: checked('radam', radam),
  rmsprop: checked('rmsprop', rmsprop),
  rprop: checked('rprop', rprop),
  schedulefreeadamw: checked('schedulefreeadamw', schedulefreeadamw),
  schedulefreesgd: checked('schedulefreesgd', schedulefreesgd),
  sgd: checked('sgd', sgd),
  sparseadam: checked('sparseadam', sparseadam),
};
