/**
 * The step kernels in TypeScript: what every other implementation has to equal to the bit.
 *
 * A kernel is one file named as its kind: a tight loop over `Float32Array`s in which `Math.fround` follows every
 * operation (storing into a `Float32Array` rounds too). Hyper-parameters are rounded from double once, before the loop.
 */
import type { StepKernel, StepKernelKind, StepKernels } from '../step-kernels.ts';
import { onCpu } from '../storage.ts';
import { adadelta } from './adadelta.ts';
import { adafactor } from './adafactor.ts';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamax } from './adamax.ts';
import { asgd } from './asgd.ts';
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

export const reference: Required<StepKernels> = {
  name: 'js',
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
