/**
 * Normalisation to mean 0 and variance 1: over a batch (batchNorm), over the last dimensions (layerNorm, rmsNorm), over
 * groups of channels (groupNorm, instanceNorm).
 */
import {
  checkAtLeast,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkRange,
  checkShape,
  checkType,
} from '@org/lr-core';
import { addon } from '../addon.ts';
import { REDUCE } from '../addon-types.ts';
import { sizeOf, uninitializedLike } from '../dtype.ts';
import type { ArrayOf, RealArray, RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { changed } from '../versions.ts';
import { reduceGeometry } from './axis.ts';
import { checkShapeIs, checkTensor, checkTensorLike, result } from './op.ts';

/** The distance from 1 to the next float32. */
const FLOAT32_EPSILON = 1 / (1 << 23);

/** `parameter`, or null where it is absent. @throws ArgumentError, ShapeError */
function checkAffine<D extends RealDType>(
  op: string,
  name: string,
  parameter: Tensor<D> | null | undefined,
  shape: readonly number[],
  x: Tensor<D>,
): Tensor<D> | null {
  if (parameter == null) return null;
  checkTensorLike(op, name, parameter, x);
  checkShapeIs(op, name, parameter, shape);
  return parameter;
}

/** The batch and channels of x (N, C, …), and how many elements follow. @throws ArgumentError, ShapeError */
function checkChannels<D extends RealDType>(op: string, x: Tensor<D>): [number, number, number] {
  checkTensor(op, 'x', x);
  checkShape(x.ndim >= 2, op, 'x', 'of shape (N, C, …)', x.shape);
  const [batch, channels] = x.shape as [number, number];
  return [batch, channels, x.data.length / (batch * channels)];
}

/** The result of a norm: `backward` fills the gradients that are wanted. */
function normalized<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  weight: Tensor<D> | null,
  bias: Tensor<D> | null,
  y: ArrayOf[D],
  backward: (
    dy: ArrayOf[D],
    dx: RealArray | null,
    dweight: RealArray | null,
    dbias: RealArray | null,
  ) => void,
): Tensor<D> {
  const inputs = [x, ...(weight === null ? [] : [weight]), ...(bias === null ? [] : [bias])];
  return result(op, inputs, y, x.shape, (dy, needs) => {
    const gradients = inputs.map((input, i) => (needs[i] ? acquireLike(input.data) : null));
    const ofWeight = weight === null ? null : gradients[1]!;
    const ofBias = bias === null ? null : gradients.at(-1)!;
    backward(dy, gradients[0]!, ofWeight, ofBias);
    return gradients;
  });
}

export interface BatchNormOptions<D extends RealDType = 'float32'> {
  /** (C) */
  weight?: Tensor<D> | null;
  /** (C) */
  bias?: Tensor<D> | null;
  /** Whether to normalise by the statistics of the batch, and move the running ones; default false. */
  training?: boolean;
  /** Share of the batch's statistics in the running ones; default 0.1. */
  momentum?: number;
  /** Added to the variance; default 1e-5. */
  eps?: number;
}

/** Moves a running statistic by `momentum` of the way to `factor` times that of the batch. */
function moveRunning<D extends RealDType>(
  running: Tensor<D> | null,
  momentum: number,
  factor: number,
  ofBatch: ArrayOf[D],
): void {
  if (running === null) return;
  addon.movingAverage(ofBatch.length, momentum, factor, ofBatch, running.data);
  changed(running.data);
}

/**
 * Normalises every channel, by the statistics of the batch when training, by the running ones otherwise.
 * As `torch.nn.functional.batch_norm`: in training, runningMean and runningVar (unbiased) are updated in place.
 * Ioffe and Szegedy, 2015, https://arxiv.org/abs/1502.03167
 *
 * @param x (N, C, …)
 * @param runningMean (C), or null where training
 * @param runningVar (C), or null where training
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function batchNorm<D extends RealDType>(
  x: Tensor<D>,
  runningMean: Tensor<D> | null,
  runningVar: Tensor<D> | null,
  options: BatchNormOptions<D> = {},
): Tensor<D> {
  const { training = false, momentum = 0.1, eps = 1e-5 } = options;
  const [batch, channels, inner] = checkChannels('batchNorm', x);
  checkBoolean('batchNorm', 'training', training);
  checkNumber('batchNorm', 'momentum', momentum);
  checkAtLeast('batchNorm', 'eps', eps, 0);
  const weight = checkAffine('batchNorm', 'weight', options.weight, [channels], x);
  const bias = checkAffine('batchNorm', 'bias', options.bias, [channels], x);
  const meanTensor = checkAffine('batchNorm', 'runningMean', runningMean, [channels], x);
  const varTensor = checkAffine('batchNorm', 'runningVar', runningVar, [channels], x);
  checkType(
    training || (meanTensor !== null && varTensor !== null),
    'batchNorm',
    'runningMean and runningVar',
    'tensors where training is false',
    meanTensor === null ? runningMean : runningVar,
  );
  const count = batch * inner;
  checkShape(
    !training || count > 1,
    'batchNorm',
    'x',
    'of more than one value per channel when training',
    x.shape,
  );

  const geometry = Int32Array.of(batch, channels, inner, training ? 1 : 0);
  const xData = x.data;
  const w = weight?.data ?? null;
  const mean = uninitializedLike(xData, channels);
  const variance = uninitializedLike(xData, channels);
  if (!training) {
    // Copies, since the running statistics may have moved when the backward pass asks for them.
    addon.movingAverage(channels, 1, 1, meanTensor!.data, mean);
    addon.movingAverage(channels, 1, 1, varTensor!.data, variance);
  }
  const y = uninitializedLike(xData, xData.length);
  addon.batchNormForward(geometry, eps, xData, w, bias?.data ?? null, mean, variance, y);
  if (training) {
    moveRunning(meanTensor, momentum, 1, mean);
    moveRunning(varTensor, momentum, count / (count - 1), variance);
  }
  return normalized('batchNorm', x, weight, bias, y, (dy, dx, dweight, dbias) => {
    addon.batchNormBackward(geometry, eps, xData, w, mean, variance, dy, dx, dweight, dbias);
  });
}

export interface LayerNormOptions<D extends RealDType = 'float32'> {
  /** The last dimensions, which are normalised together. */
  normalizedShape: number | readonly number[];
  /** (normalizedShape) */
  weight?: Tensor<D> | null;
  /** (normalizedShape) */
  bias?: Tensor<D> | null;
  /** Added to the variance; default 1e-5. */
  eps?: number;
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkNormalizedShape(op: string, shape: unknown): number[] {
  const lengths: unknown = typeof shape === 'number' ? [shape] : shape;
  const isList = Array.isArray(lengths) && lengths.length > 0;
  checkType(isList, op, 'normalizedShape', 'an integer >= 1 or an array of them', shape);
  (lengths as unknown[]).forEach((length, i) => checkInteger(op, `normalizedShape[${i}]`, length, 1));
  return [...(lengths as number[])];
}

/** x as rows of `normalizedShape`, which it must end in. @throws ArgumentError, ArgumentRangeError, ShapeError */
function checkRows<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  normalizedShape: unknown,
): { shape: number[]; rows: number; length: number } {
  checkTensor(op, 'x', x);
  const shape = checkNormalizedShape(op, normalizedShape);
  const ends = shape.every((length, i) => x.shape.at(i - shape.length) === length);
  checkShape(ends && x.ndim >= shape.length, op, 'x', `of shape (…, ${shape.join(', ')})`, x.shape);
  const length = sizeOf(shape);
  return { shape, rows: x.data.length / length, length };
}

/**
 * Normalises over the last dimensions. As `torch.nn.functional.layer_norm`.
 * Ba, Kiros and Hinton, 2016, https://arxiv.org/abs/1607.06450
 *
 * @param x (…, normalizedShape)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function layerNorm<D extends RealDType>(x: Tensor<D>, options: LayerNormOptions<D>): Tensor<D> {
  const { eps = 1e-5 } = options;
  const { shape, rows, length } = checkRows('layerNorm', x, options.normalizedShape);
  checkAtLeast('layerNorm', 'eps', eps, 0);
  const weight = checkAffine('layerNorm', 'weight', options.weight, shape, x);
  const bias = checkAffine('layerNorm', 'bias', options.bias, shape, x);

  const geometry = Int32Array.of(rows, length, 1);
  const xData = x.data;
  const w = weight?.data ?? null;
  const mean = uninitializedLike(xData, rows);
  const rstd = uninitializedLike(xData, rows);
  const y = uninitializedLike(xData, xData.length);
  addon.layerNormForward(geometry, eps, xData, w, bias?.data ?? null, y, mean, rstd);
  return normalized('layerNorm', x, weight, bias, y, (dy, dx, dweight, dbias) => {
    addon.layerNormBackward(geometry, eps, xData, w, mean, rstd, dy, dx, dweight, dbias);
  });
}

export interface RmsNormOptions<D extends RealDType = 'float32'> {
  /** The last dimensions, which are normalised together. */
  normalizedShape: number | readonly number[];
  /** (normalizedShape) */
  weight?: Tensor<D> | null;
  /** Added to the mean square; default the distance from 1 to the next number of the element type. */
  eps?: number | null;
}

/**
 * Divides by the root of the mean square over the last dimensions. As `torch.nn.functional.rms_norm`.
 * Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467
 *
 * @param x (…, normalizedShape)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function rmsNorm<D extends RealDType>(x: Tensor<D>, options: RmsNormOptions<D>): Tensor<D> {
  const { shape, rows, length } = checkRows('rmsNorm', x, options.normalizedShape);
  const eps = options.eps ?? (x.dtype === 'float64' ? Number.EPSILON : FLOAT32_EPSILON);
  checkAtLeast('rmsNorm', 'eps', eps, 0);
  const weight = checkAffine('rmsNorm', 'weight', options.weight, shape, x);

  const geometry = Int32Array.of(rows, length, 0);
  const xData = x.data;
  const w = weight?.data ?? null;
  const rstd = uninitializedLike(xData, rows);
  const y = uninitializedLike(xData, xData.length);
  addon.layerNormForward(geometry, eps, xData, w, null, y, null, rstd);
  return normalized('rmsNorm', x, weight, null, y, (dy, dx, dweight) => {
    addon.layerNormBackward(geometry, eps, xData, w, null, rstd, dy, dx, dweight, null);
  });
}

export interface GroupNormOptions<D extends RealDType = 'float32'> {
  /** Groups of channels that are normalised together. */
  numGroups: number;
  /** (C) */
  weight?: Tensor<D> | null;
  /** (C) */
  bias?: Tensor<D> | null;
  /** Added to the variance; default 1e-5. */
  eps?: number;
}

/** x (batch, channels, inner) normalised by groups, its arguments checked */
function byGroups<D extends RealDType>(
  op: string,
  geometry: Int32Array,
  eps: number,
  x: Tensor<D>,
  weight: Tensor<D> | null,
  bias: Tensor<D> | null,
): Tensor<D> {
  const sets = geometry[0]! * geometry[3]!;
  const xData = x.data;
  const w = weight?.data ?? null;
  const mean = uninitializedLike(xData, sets);
  const rstd = uninitializedLike(xData, sets);
  const y = uninitializedLike(xData, xData.length);
  addon.groupNormForward(geometry, eps, xData, w, bias?.data ?? null, y, mean, rstd);
  return normalized(op, x, weight, bias, y, (dy, dx, dweight, dbias) => {
    addon.groupNormBackward(geometry, eps, xData, w, mean, rstd, dy, dx, dweight, dbias);
  });
}

/**
 * Normalises every group of channels of every example. As `torch.nn.functional.group_norm`.
 * Wu and He, 2018, https://arxiv.org/abs/1803.08494
 *
 * @param x (N, C, …)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function groupNorm<D extends RealDType>(x: Tensor<D>, options: GroupNormOptions<D>): Tensor<D> {
  const { numGroups, eps = 1e-5 } = options;
  const [batch, channels, inner] = checkChannels('groupNorm', x);
  checkInteger('groupNorm', 'numGroups', numGroups, 1);
  checkRange(
    channels % numGroups === 0,
    'groupNorm',
    'numGroups',
    `a divisor of the channels (${channels})`,
    numGroups,
  );
  checkAtLeast('groupNorm', 'eps', eps, 0);
  const weight = checkAffine('groupNorm', 'weight', options.weight, [channels], x);
  const bias = checkAffine('groupNorm', 'bias', options.bias, [channels], x);
  return byGroups('groupNorm', Int32Array.of(batch, channels, inner, numGroups), eps, x, weight, bias);
}

export interface InstanceNormOptions<D extends RealDType = 'float32'> {
  /** (C), moved in place where useInputStats is true */
  runningMean?: Tensor<D> | null;
  /** (C), unbiased, moved in place where useInputStats is true */
  runningVar?: Tensor<D> | null;
  /** (C) */
  weight?: Tensor<D> | null;
  /** (C) */
  bias?: Tensor<D> | null;
  /** Whether to normalise by the statistics of each example, or by the running ones; default true. */
  useInputStats?: boolean;
  /** Share of the mean over the examples of their statistics in the running ones; default 0.1. */
  momentum?: number;
  /** Added to the variance; default 1e-5. */
  eps?: number;
}

/**
 * Normalises every channel of every example. As `torch.nn.functional.instance_norm`.
 * Ulyanov, Vedaldi and Lempitsky, 2016, https://arxiv.org/abs/1607.08022
 *
 * @param x (N, C, L, …)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function instanceNorm<D extends RealDType>(
  x: Tensor<D>,
  options: InstanceNormOptions<D> = {},
): Tensor<D> {
  const { useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  const [batch, channels, inner] = checkChannels('instanceNorm', x);
  checkShape(x.ndim >= 3, 'instanceNorm', 'x', 'of shape (N, C, L, …)', x.shape);
  checkBoolean('instanceNorm', 'useInputStats', useInputStats);
  checkNumber('instanceNorm', 'momentum', momentum);
  checkAtLeast('instanceNorm', 'eps', eps, 0);
  const weight = checkAffine('instanceNorm', 'weight', options.weight, [channels], x);
  const bias = checkAffine('instanceNorm', 'bias', options.bias, [channels], x);
  const runningMean = checkAffine('instanceNorm', 'runningMean', options.runningMean, [channels], x);
  const runningVar = checkAffine('instanceNorm', 'runningVar', options.runningVar, [channels], x);
  if (!useInputStats) {
    checkType(
      runningMean !== null && runningVar !== null,
      'instanceNorm',
      'runningMean and runningVar',
      'tensors where useInputStats is false',
      runningMean === null ? options.runningMean : options.runningVar,
    );
    return batchNorm(x, runningMean, runningVar, { weight, bias, eps });
  }
  checkShape(inner > 1, 'instanceNorm', 'x', 'of more than one value per channel', x.shape);
  for (const [kind, running] of [
    [REDUCE.mean, runningMean],
    [REDUCE.variance, runningVar],
  ] as const) {
    if (running === null) continue;
    const statistics = uninitializedLike(x.data, batch * channels);
    const ofBatch = uninitializedLike(x.data, channels);
    const inside = reduceGeometry([batch * channels, inner], (d) => d === 1);
    addon.reduceForward(kind, 1, inside, x.data, statistics);
    const across = reduceGeometry([batch, channels], (d) => d === 0);
    addon.reduceForward(REDUCE.mean, 0, across, statistics, ofBatch);
    moveRunning(running, momentum, 1, ofBatch);
  }
  return byGroups('instanceNorm', Int32Array.of(batch, channels, inner, channels), eps, x, weight, bias);
}
