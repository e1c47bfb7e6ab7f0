/** Normalisation layers with learnt scale and shift, and the running statistics of batch norm. */
import { beforeReplay, refuseCapture } from '../capture.ts';
import { checkAtLeast, checkBoolean, checkInteger, checkNumber, checkRange, checkShape } from '@org/lr-core';
import { ones, zeros } from '../creation.ts';
import { add } from '../ops/arithmetic.ts';
import { batchNorm, checkNormalizedShape, groupNorm, instanceNorm, layerNorm, rmsNorm } from '../ops/norm.ts';
import { squeeze, unsqueeze } from '../ops/reshape.ts';
import { move, strided, wholeWalk } from '../ops/strided.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import { Buffer, Parameter } from './parameter.ts';

export interface BatchNormModuleOptions {
  /** Default 1e-5. */
  eps?: number;
  /** Share of the batch's statistics in the running ones; null for their mean over all batches. Default 0.1. */
  momentum?: number | null;
  /** Whether scale and shift are learnt; default true. */
  affine?: boolean;
  /** Whether there are running statistics, which evaluation uses; default true. */
  trackRunningStats?: boolean;
}

/** What a layer with a scale, a shift and running statistics for each channel has */
abstract class ChannelNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  runningMean: Buffer | null;
  runningVar: Buffer | null;
  numBatchesTracked: Buffer<'int64'> | null;

  protected constructor(
    op: string,
    numFeatures: number,
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true }: BatchNormModuleOptions,
  ) {
    super();
    checkInteger(op, 'numFeatures', numFeatures, 1);
    checkAtLeast(op, 'eps', eps, 0);
    if (momentum !== null) checkNumber(op, 'momentum', momentum);
    checkBoolean(op, 'affine', affine);
    checkBoolean(op, 'trackRunningStats', trackRunningStats);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? new Parameter(ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures])) : null;
    this.runningMean = trackRunningStats ? new Buffer(zeros([numFeatures])) : null;
    this.runningVar = trackRunningStats ? new Buffer(ones([numFeatures])) : null;
    this.numBatchesTracked = trackRunningStats ? new Buffer(zeros([], { dtype: 'int64' })) : null;
  }

  protected override extraRepr(): string {
    return (
      `${this.numFeatures}, eps=${this.eps}, momentum=${this.momentum}, affine=${this.affine}, ` +
      `trackRunningStats=${this.trackRunningStats}`
    );
  }
}

/** Adds 1 to the one element of `counter`. */
function countUp(counter: Tensor<'int64'>): void {
  const { data } = counter;
  if (counter.device === 'cpu') {
    beforeReplay(() => void (data[0]! += 1n));
    return;
  }
  const whole = wholeWalk(counter.shape);
  move(strided('add', counter.shape, [whole, whole]), add(counter.detach(), 1).data, data);
}

abstract class BatchNorm extends ChannelNorm {
  protected constructor(op: string, numFeatures: number, options: BatchNormModuleOptions = {}) {
    super(op, numFeatures, options);
  }

  protected normalize(x: Tensor): Tensor {
    const training = this.training || !this.trackRunningStats;
    const updates = this.training && this.trackRunningStats;
    if (updates) countUp(this.numBatchesTracked!);
    if (updates && this.momentum === null) refuseCapture('BatchNorm with momentum null');
    const count = updates && this.momentum === null ? this.numBatchesTracked!.item() : 1;
    const y = batchNorm(
      x,
      updates || !training ? this.runningMean : null,
      updates || !training ? this.runningVar : null,
      {
        weight: this.weight,
        bias: this.bias,
        training,
        momentum: this.momentum ?? 1 / count,
        eps: this.eps,
      },
    );
    return y;
  }
}

/** Batch norm of (N, C) or (N, C, L). As `torch.nn.BatchNorm1d`. @throws ArgumentError, ArgumentRangeError */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options?: BatchNormModuleOptions) {
    super('BatchNorm1d', numFeatures, options);
  }

  forward(x: Tensor): Tensor {
    const fits = (x.ndim === 2 || x.ndim === 3) && x.shape[1] === this.numFeatures;
    checkShape(
      fits,
      'BatchNorm1d',
      'x',
      `of shape (N, ${this.numFeatures}) or (N, ${this.numFeatures}, L)`,
      x.shape,
    );
    return this.normalize(x);
  }
}

/** Batch norm of (N, C, H, W). As `torch.nn.BatchNorm2d`. @throws ArgumentError, ArgumentRangeError */
export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, options?: BatchNormModuleOptions) {
    super('BatchNorm2d', numFeatures, options);
  }

  forward(x: Tensor): Tensor {
    const fits = x.ndim === 4 && x.shape[1] === this.numFeatures;
    checkShape(fits, 'BatchNorm2d', 'x', `of shape (N, ${this.numFeatures}, H, W)`, x.shape);
    return this.normalize(x);
  }
}

/** Batch norm of (N, C, D, H, W). As `torch.nn.BatchNorm3d`. @throws ArgumentError, ArgumentRangeError */
export class BatchNorm3d extends BatchNorm {
  constructor(numFeatures: number, options?: BatchNormModuleOptions) {
    super('BatchNorm3d', numFeatures, options);
  }

  forward(x: Tensor): Tensor {
    const fits = x.ndim === 5 && x.shape[1] === this.numFeatures;
    checkShape(fits, 'BatchNorm3d', 'x', `of shape (N, ${this.numFeatures}, D, H, W)`, x.shape);
    return this.normalize(x);
  }
}

export interface InstanceNormModuleOptions {
  /** Default 1e-5. */
  eps?: number;
  /** Share of the batch's statistics in the running ones; default 0.1. */
  momentum?: number;
  /** Whether scale and shift are learnt; default false. */
  affine?: boolean;
  /** Whether there are running statistics, which evaluation uses; default false. */
  trackRunningStats?: boolean;
}

abstract class InstanceNorm extends ChannelNorm {
  /** The dimensions of an example, such as `H, W`. */
  private readonly layout: string;

  protected constructor(
    op: string,
    layout: string,
    numFeatures: number,
    { affine = false, trackRunningStats = false, ...options }: InstanceNormModuleOptions = {},
  ) {
    super(op, numFeatures, { ...options, affine, trackRunningStats });
    this.layout = layout;
  }

  forward(x: Tensor): Tensor {
    const channels = this.numFeatures;
    const dims = this.layout.split(',').length;
    const batched = x.ndim === dims + 2;
    checkShape(
      (batched && x.shape[1] === channels) || (x.ndim === dims + 1 && x.shape[0] === channels),
      this.constructor.name,
      'x',
      `of shape (N, ${channels}, ${this.layout}) or (${channels}, ${this.layout})`,
      x.shape,
    );
    if (!batched) return squeeze(this.normalize(unsqueeze(x, 0)), 0);
    return this.normalize(x);
  }

  private normalize(x: Tensor): Tensor {
    return instanceNorm(x, {
      runningMean: this.runningMean,
      runningVar: this.runningVar,
      weight: this.weight,
      bias: this.bias,
      useInputStats: this.training || !this.trackRunningStats,
      momentum: this.momentum ?? 0,
      eps: this.eps,
    });
  }
}

/** Instance norm of (N, C, L) or (C, L). As `torch.nn.InstanceNorm1d`. @throws ArgumentError, ArgumentRangeError */
export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options?: InstanceNormModuleOptions) {
    super('InstanceNorm1d', 'L', numFeatures, options);
  }
}

/** Instance norm of (N, C, H, W) or (C, H, W). As `torch.nn.InstanceNorm2d`. @throws ArgumentError, ArgumentRangeError */
export class InstanceNorm2d extends InstanceNorm {
  constructor(numFeatures: number, options?: InstanceNormModuleOptions) {
    super('InstanceNorm2d', 'H, W', numFeatures, options);
  }
}

export interface LayerNormModuleOptions {
  /** Default 1e-5. */
  eps?: number;
  /** Whether scale and shift are learnt; default true. */
  elementwiseAffine?: boolean;
  /** Whether there is a shift; default true. */
  bias?: boolean;
}

/** Normalises over the last dimensions. As `torch.nn.LayerNorm`. @throws ArgumentError, ArgumentRangeError */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(normalizedShape: number | readonly number[], options: LayerNormModuleOptions = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    const shape = checkNormalizedShape('LayerNorm', normalizedShape);
    checkAtLeast('LayerNorm', 'eps', eps, 0);
    checkBoolean('LayerNorm', 'elementwiseAffine', elementwiseAffine);
    checkBoolean('LayerNorm', 'bias', bias);
    this.normalizedShape = shape;
    this.eps = eps;
    this.weight = elementwiseAffine ? new Parameter(ones(shape)) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(shape)) : null;
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this);
  }

  protected override extraRepr(): string {
    return `[${this.normalizedShape.join(', ')}], eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}

export interface RMSNormModuleOptions {
  /** Default (null): that of `rmsNorm`. */
  eps?: number | null;
  /** Whether a scale is learnt; default true. */
  elementwiseAffine?: boolean;
}

/** Divides by the root of the mean square. As `torch.nn.RMSNorm`. @throws ArgumentError, ArgumentRangeError */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  weight: Parameter | null;

  constructor(normalizedShape: number | readonly number[], options: RMSNormModuleOptions = {}) {
    super();
    const { eps = null, elementwiseAffine = true } = options;
    const shape = checkNormalizedShape('RMSNorm', normalizedShape);
    if (eps !== null) checkAtLeast('RMSNorm', 'eps', eps, 0);
    checkBoolean('RMSNorm', 'elementwiseAffine', elementwiseAffine);
    this.normalizedShape = shape;
    this.eps = eps;
    this.weight = elementwiseAffine ? new Parameter(ones(shape)) : null;
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this);
  }

  protected override extraRepr(): string {
    return `[${this.normalizedShape.join(', ')}], eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}

export interface GroupNormModuleOptions {
  /** Default 1e-5. */
  eps?: number;
  /** Whether scale and shift are learnt; default true. */
  affine?: boolean;
}

/** Normalises groups of channels. As `torch.nn.GroupNorm`. @throws ArgumentError, ArgumentRangeError */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    numGroups: number,
    numChannels: number,
    { eps = 1e-5, affine = true }: GroupNormModuleOptions = {},
  ) {
    super();
    checkInteger('GroupNorm', 'numGroups', numGroups, 1);
    checkInteger('GroupNorm', 'numChannels', numChannels, 1);
    const divides = numChannels % numGroups === 0;
    checkRange(divides, 'GroupNorm', 'numGroups', `a divisor of numChannels (${numChannels})`, numGroups);
    checkAtLeast('GroupNorm', 'eps', eps, 0);
    checkBoolean('GroupNorm', 'affine', affine);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? new Parameter(ones([numChannels])) : null;
    this.bias = affine ? new Parameter(zeros([numChannels])) : null;
  }

  forward(x: Tensor): Tensor {
    return groupNorm(x, this);
  }

  protected override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${this.weight !== null}`;
  }
}
