/** Losses as modules: forward(input, target). */
import { checkAtLeast } from '@org/lr-core';
import type { Reduction } from '../addon-types.ts';
import type { IndexDType } from '../dtype.ts';
import { bceWithLogits } from '../ops/bce-with-logits.ts';
import type { BceWithLogitsOptions } from '../ops/bce-with-logits.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import type { CrossEntropyOptions } from '../ops/cross-entropy.ts';
import { huberLoss, l1Loss, smoothL1Loss } from '../ops/difference-losses.ts';
import type { HuberLossOptions, SmoothL1LossOptions } from '../ops/difference-losses.ts';
import { mseLoss } from '../ops/mse-loss.ts';
import type { LossOptions } from '../ops/mse-loss.ts';
import { nllLoss } from '../ops/nll-loss.ts';
import type { NllLossOptions } from '../ops/nll-loss.ts';
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

  forward(input: Tensor, target: Tensor<IndexDType> | Tensor): Tensor {
    return crossEntropy(input, target, this);
  }
}

/** As `torch.nn.NLLLoss`; options and shapes as in nllLoss. @throws ArgumentError */
export class NLLLoss extends Module {
  weight: Buffer | null;
  readonly ignoreIndex: number;
  readonly reduction: Reduction;

  constructor({ weight, ignoreIndex = -100, reduction = 'mean' }: NllLossOptions = {}) {
    super();
    checkReduction('NLLLoss', reduction);
    if (weight != null) checkTensor('NLLLoss', 'weight', weight);
    this.weight = weight == null ? null : new Buffer(weight);
    this.ignoreIndex = ignoreIndex;
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor<IndexDType>): Tensor {
    return nllLoss(input, target, this);
  }
}

/** As `torch.nn.BCEWithLogitsLoss`; options as in bceWithLogits. @throws ArgumentError */
export class BCEWithLogitsLoss extends Module {
  weight: Buffer | null;
  posWeight: Buffer | null;
  readonly reduction: Reduction;

  constructor({ weight, posWeight, reduction = 'mean' }: BceWithLogitsOptions = {}) {
    super();
    checkReduction('BCEWithLogitsLoss', reduction);
    if (weight != null) checkTensor('BCEWithLogitsLoss', 'weight', weight);
    if (posWeight != null) checkTensor('BCEWithLogitsLoss', 'posWeight', posWeight);
    this.weight = weight == null ? null : new Buffer(weight);
    this.posWeight = posWeight == null ? null : new Buffer(posWeight);
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return bceWithLogits(input, target, this);
  }
}

/** A loss of two tensors of equal shape that has no options but its reduction. */
abstract class ReducedLoss extends Module {
  readonly reduction: Reduction;

  constructor({ reduction = 'mean' }: LossOptions = {}) {
    super();
    checkReduction(new.target.name, reduction);
    this.reduction = reduction;
  }
}

/** As `torch.nn.MSELoss`. @throws ArgumentError */
export class MSELoss extends ReducedLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this);
  }
}

/** As `torch.nn.L1Loss`. @throws ArgumentError */
export class L1Loss extends ReducedLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this);
  }
}

/** As `torch.nn.SmoothL1Loss`. @throws ArgumentError, ArgumentRangeError */
export class SmoothL1Loss extends ReducedLoss {
  readonly beta: number;

  constructor(options: SmoothL1LossOptions = {}) {
    super(options);
    const { beta = 1 } = options;
    checkAtLeast('SmoothL1Loss', 'beta', beta, 0);
    this.beta = beta;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this);
  }
}

/** As `torch.nn.HuberLoss`. @throws ArgumentError, ArgumentRangeError */
export class HuberLoss extends ReducedLoss {
  readonly delta: number;

  constructor(options: HuberLossOptions = {}) {
    super(options);
    const { delta = 1 } = options;
    checkAtLeast('HuberLoss', 'delta', delta, 0);
    this.delta = delta;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this);
  }
}
