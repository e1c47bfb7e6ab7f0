/** Losses as modules: forward(input, target). */
import { checkAtLeast, checkBoolean, checkInteger, checkNumber, checkRange } from '@org/lr-core';
import type { Reduction } from '../addon-types.ts';
import type { IndexDType } from '../dtype.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import type { CrossEntropyOptions } from '../ops/cross-entropy.ts';
import {
  cosineEmbeddingLoss,
  cosineSimilarity,
  multiMarginLoss,
  pairwiseDistance,
  tripletMarginLoss,
} from '../ops/distance.ts';
import type {
  CosineSimilarityOptions,
  MultiMarginLossOptions,
  PairwiseDistanceOptions,
  TripletMarginLossOptions,
} from '../ops/distance.ts';
import { nllLoss } from '../ops/nll-loss.ts';
import type { NllLossOptions } from '../ops/nll-loss.ts';
import { checkReduction, checkTensor } from '../ops/op.ts';
import {
  bceWithLogits,
  binaryCrossEntropy,
  checkKlDivReduction,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  marginRankingLoss,
  mseLoss,
  multilabelSoftMarginLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
} from '../ops/pointwise-loss.ts';
import type {
  BceWithLogitsOptions,
  BinaryCrossEntropyOptions,
  GaussianNllLossOptions,
  HuberLossOptions,
  KlDivOptions,
  LossOptions,
  MarginOptions,
  PoissonNllLossOptions,
  SmoothL1LossOptions,
} from '../ops/pointwise-loss.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { Buffer } from './parameter.ts';

/** A loss whose only option may be its reduction. */
abstract class ReducedLoss extends Module {
  readonly reduction: Reduction;

  constructor({ reduction = 'mean' }: LossOptions = {}) {
    super();
    checkReduction(new.target.name, reduction);
    this.reduction = reduction;
  }
}

/** One with weights: (C) of the classes, or of the elements. */
abstract class WeightedLoss extends ReducedLoss {
  weight: Buffer | null;

  constructor(options: BinaryCrossEntropyOptions = {}) {
    super(options);
    this.weight = bufferOf(new.target.name, 'weight', options.weight);
  }
}

function bufferOf(op: string, name: string, value: Tensor | null | undefined): Buffer | null {
  if (value == null) return null;
  checkTensor(op, name, value, ['float32']);
  return new Buffer(value);
}

/** As `torch.nn.CrossEntropyLoss`; options and shapes as in crossEntropy. @throws ArgumentError, ArgumentRangeError */
export class CrossEntropyLoss extends WeightedLoss {
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;

  constructor(options: CrossEntropyOptions = {}) {
    super(options);
    const { ignoreIndex = -100, labelSmoothing = 0 } = options;
    checkInteger('CrossEntropyLoss', 'ignoreIndex', ignoreIndex);
    checkAtLeast('CrossEntropyLoss', 'labelSmoothing', labelSmoothing, 0);
    this.ignoreIndex = ignoreIndex;
    this.labelSmoothing = labelSmoothing;
  }

  forward(input: Tensor, target: Tensor<IndexDType> | Tensor): Tensor {
    return crossEntropy(input, target, this);
  }
}

/** As `torch.nn.NLLLoss`; options and shapes as in nllLoss. @throws ArgumentError, ArgumentRangeError */
export class NLLLoss extends WeightedLoss {
  readonly ignoreIndex: number;

  constructor(options: NllLossOptions = {}) {
    super(options);
    const { ignoreIndex = -100 } = options;
    checkInteger('NLLLoss', 'ignoreIndex', ignoreIndex);
    this.ignoreIndex = ignoreIndex;
  }

  forward(input: Tensor, target: Tensor<IndexDType>): Tensor {
    return nllLoss(input, target, this);
  }
}

/** As `torch.nn.BCELoss`; options as in binaryCrossEntropy. @throws ArgumentError */
export class BCELoss extends WeightedLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this);
  }
}

/** As `torch.nn.BCEWithLogitsLoss`; options as in bceWithLogits. @throws ArgumentError */
export class BCEWithLogitsLoss extends WeightedLoss {
  posWeight: Buffer | null;

  constructor(options: BceWithLogitsOptions = {}) {
    super(options);
    this.posWeight = bufferOf('BCEWithLogitsLoss', 'posWeight', options.posWeight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return bceWithLogits(input, target, this);
  }
}

/** As `torch.nn.MultiLabelSoftMarginLoss`; options as in multilabelSoftMarginLoss. @throws ArgumentError */
export class MultiLabelSoftMarginLoss extends WeightedLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, this);
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

/** As `torch.nn.KLDivLoss`; options as in klDiv. @throws ArgumentError */
export class KLDivLoss extends Module {
  readonly reduction: Reduction | 'batchmean';
  readonly logTarget: boolean;

  constructor({ reduction = 'mean', logTarget = false }: KlDivOptions = {}) {
    super();
    checkKlDivReduction('KLDivLoss', reduction);
    checkBoolean('KLDivLoss', 'logTarget', logTarget);
    this.reduction = reduction;
    this.logTarget = logTarget;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this);
  }
}

/** As `torch.nn.PoissonNLLLoss`; options as in poissonNllLoss. @throws ArgumentError, ArgumentRangeError */
export class PoissonNLLLoss extends ReducedLoss {
  readonly logInput: boolean;
  readonly full: boolean;
  readonly eps: number;

  constructor(options: PoissonNllLossOptions = {}) {
    super(options);
    const { logInput = true, full = false, eps = 1e-8 } = options;
    checkBoolean('PoissonNLLLoss', 'logInput', logInput);
    checkBoolean('PoissonNLLLoss', 'full', full);
    checkAtLeast('PoissonNLLLoss', 'eps', eps, 0);
    this.logInput = logInput;
    this.full = full;
    this.eps = eps;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this);
  }
}

/** As `torch.nn.GaussianNLLLoss`; options as in gaussianNllLoss. @throws ArgumentError, ArgumentRangeError */
export class GaussianNLLLoss extends ReducedLoss {
  readonly full: boolean;
  readonly eps: number;

  constructor(options: GaussianNllLossOptions = {}) {
    super(options);
    const { full = false, eps = 1e-6 } = options;
    checkBoolean('GaussianNLLLoss', 'full', full);
    checkAtLeast('GaussianNLLLoss', 'eps', eps, 0);
    this.full = full;
    this.eps = eps;
  }

  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(input, target, variance, this);
  }
}

/** A loss with a margin. */
abstract class MarginLoss extends ReducedLoss {
  readonly margin: number;

  constructor(options: MarginOptions, margin: number) {
    super(options);
    const given = options.margin ?? margin;
    checkNumber(new.target.name, 'margin', given);
    this.margin = given;
  }
}

/** As `torch.nn.HingeEmbeddingLoss`; options as in hingeEmbeddingLoss. @throws ArgumentError */
export class HingeEmbeddingLoss extends MarginLoss {
  constructor(options: MarginOptions = {}) {
    super(options, 1);
  }

  forward(input: Tensor, target: Tensor | Tensor<IndexDType>): Tensor {
    return hingeEmbeddingLoss(input, target, this);
  }
}

/** As `torch.nn.MarginRankingLoss`; options as in marginRankingLoss. @throws ArgumentError */
export class MarginRankingLoss extends MarginLoss {
  constructor(options: MarginOptions = {}) {
    super(options, 0);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor | Tensor<IndexDType>): Tensor {
    return marginRankingLoss(input1, input2, target, this);
  }
}

/** As `torch.nn.SoftMarginLoss`. @throws ArgumentError */
export class SoftMarginLoss extends ReducedLoss {
  forward(input: Tensor, target: Tensor | Tensor<IndexDType>): Tensor {
    return softMarginLoss(input, target, this);
  }
}

/** As `torch.nn.CosineEmbeddingLoss`; options as in cosineEmbeddingLoss. @throws ArgumentError */
export class CosineEmbeddingLoss extends MarginLoss {
  constructor(options: MarginOptions = {}) {
    super(options, 0);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor | Tensor<IndexDType>): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this);
  }
}

/** As `torch.nn.TripletMarginLoss`; options as in tripletMarginLoss. @throws ArgumentError */
export class TripletMarginLoss extends MarginLoss {
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;

  constructor(options: TripletMarginLossOptions = {}) {
    super(options, 1);
    const { p = 2, eps = 1e-6, swap = false } = options;
    checkNumber('TripletMarginLoss', 'p', p);
    checkNumber('TripletMarginLoss', 'eps', eps);
    checkBoolean('TripletMarginLoss', 'swap', swap);
    this.p = p;
    this.eps = eps;
    this.swap = swap;
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this);
  }
}

/** As `torch.nn.MultiMarginLoss`; options as in multiMarginLoss. @throws ArgumentError, ArgumentRangeError */
export class MultiMarginLoss extends WeightedLoss {
  readonly p: 1 | 2;
  readonly margin: number;

  constructor(options: MultiMarginLossOptions = {}) {
    super(options);
    const { p = 1, margin = 1 } = options;
    checkRange(p === 1 || p === 2, 'MultiMarginLoss', 'p', '1 or 2', p);
    checkNumber('MultiMarginLoss', 'margin', margin);
    this.p = p;
    this.margin = margin;
  }

  forward(input: Tensor, target: Tensor<IndexDType>): Tensor {
    return multiMarginLoss(input, target, this);
  }
}

/** As `torch.nn.CosineSimilarity`; options as in cosineSimilarity. @throws ArgumentError, ArgumentRangeError */
export class CosineSimilarity extends Module {
  readonly dim: number;
  readonly eps: number;

  constructor({ dim = 1, eps = 1e-8 }: CosineSimilarityOptions = {}) {
    super();
    checkInteger('CosineSimilarity', 'dim', dim);
    checkAtLeast('CosineSimilarity', 'eps', eps, 0);
    this.dim = dim;
    this.eps = eps;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this);
  }
}

/** As `torch.nn.PairwiseDistance`; options as in pairwiseDistance. @throws ArgumentError */
export class PairwiseDistance extends Module {
  readonly p: number;
  readonly eps: number;
  readonly keepdim: boolean;

  constructor({ p = 2, eps = 1e-6, keepdim = false }: PairwiseDistanceOptions = {}) {
    super();
    checkNumber('PairwiseDistance', 'p', p);
    checkNumber('PairwiseDistance', 'eps', eps);
    checkBoolean('PairwiseDistance', 'keepdim', keepdim);
    this.p = p;
    this.eps = eps;
    this.keepdim = keepdim;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this);
  }
}
