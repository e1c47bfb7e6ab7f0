/** Losses as modules: forward(input, target). */
import type { Reduction } from '../addon-types.ts';
import type { IndexDType } from '../dtype.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import type { CrossEntropyOptions } from '../ops/cross-entropy.ts';
import { mseLoss } from '../ops/mse-loss.ts';
import type { LossOptions } from '../ops/mse-loss.ts';
import { checkReduction, checkTensor } from '../ops/op.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { Buffer } from './parameter.ts';

/** As `torch.nn.CrossEntropyLoss`; options and shapes as in crossEntropy. @throws ArgumentError */
export class CrossEntropyLoss extends Module {
  weight: Buffer | null;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  readonly reduction: Reduction;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    const { weight, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
    checkReduction('CrossEntropyLoss', reduction);
    if (weight != null) checkTensor('CrossEntropyLoss', 'weight', weight);
    this.weight = weight == null ? null : new Buffer(weight);
    this.ignoreIndex = ignoreIndex;
    this.labelSmoothing = labelSmoothing;
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor<IndexDType>): Tensor {
    return crossEntropy(input, target, this);
  }
}

/** As `torch.nn.MSELoss`. @throws ArgumentError */
export class MSELoss extends Module {
  readonly reduction: Reduction;

  constructor({ reduction = 'mean' }: LossOptions = {}) {
    super();
    checkReduction('MSELoss', reduction);
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this);
  }
}
