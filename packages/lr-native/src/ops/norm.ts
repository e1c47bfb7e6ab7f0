/**
 * Normalisation to mean 0 and variance 1: over a batch (batchNorm), over the last dimensions (layerNorm), over groups of
 * channels (groupNorm). Statistics are taken in double, in order.
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
import { sizeOf } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkShapeIs, checkTensor, result } from './op.ts';

/**
 * How x (outer, channels, inner) is cut into sets that are normalised together, and where the affine parameters of an
 * element are. Sets are runs: set s is `runs` runs of `length` elements, `step` apart, from `first(s)` on.
 */
interface Sets {
  readonly count: number;
  readonly runs: number;
  readonly length: number;
  readonly step: number;
  readonly first: (set: number) => number;
  /** Index of weight and bias for an element. */
  readonly parameter: (element: number) => number;
}

interface Statistics {
  readonly mean: Float64Array;
  /** Biased: divided by the number of elements. */
  readonly variance: Float64Array;
}

function statistics(x: Float32Array, sets: Sets): Statistics {
  const mean = new Float64Array(sets.count);
  const variance = new Float64Array(sets.count);
  const elements = sets.runs * sets.length;
  for (let s = 0; s < sets.count; s++) {
    const first = sets.first(s);
    let sum = 0;
    for (let r = 0; r < sets.runs; r++) {
      for (let i = first + r * sets.step, end = i + sets.length; i < end; i++) sum += x[i]!;
    }
    const center = sum / elements;
    let squares = 0;
    for (let r = 0; r < sets.runs; r++) {
      for (let i = first + r * sets.step, end = i + sets.length; i < end; i++) {
        squares += (x[i]! - center) * (x[i]! - center);
      }
    }
    mean[s] = center;
    variance[s] = squares / elements;
  }
  return { mean, variance };
}

/** y = (x - mean) / √(variance + eps) · weight + bias; `fixed` statistics have no gradient. */
function normalize(
  op: string,
  x: Tensor,
  sets: Sets,
  { mean, variance }: Statistics,
  fixed: boolean,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
): Tensor {
  const xData = x.data;
  const w = weight?.data ?? null;
  const b = bias?.data ?? null;
  const scale = variance.map((v) => 1 / Math.sqrt(v + eps));
  const y = new Float32Array(xData.length);
  const { count, runs, length, step, first, parameter } = sets;
  for (let s = 0; s < count; s++) {
    for (let r = 0, start = first(s); r < runs; r++, start += step) {
      for (let i = start; i < start + length; i++) {
        const p = parameter(i);
        y[i] = (xData[i]! - mean[s]!) * scale[s]! * (w === null ? 1 : w[p]!) + (b === null ? 0 : b[p]!);
      }
    }
  }
  const inputs = [x, ...(weight === null ? [] : [weight]), ...(bias === null ? [] : [bias])];
  return result(op, inputs, y, x.shape, (dy, needs) => {
    const dw = weight === null ? null : new Float64Array(weight.data.length);
    const db = bias === null ? null : new Float64Array(bias.data.length);
    const dx = needs[0] ? acquire(xData.length) : null;
    const elements = runs * length;
    for (let s = 0; s < count; s++) {
      // With h = (x - mean) · scale and g = dy · weight: dx = scale · (g - mean of g - h · mean of g · h)
      let sumG = 0;
      let sumGH = 0;
      for (let r = 0, start = first(s); r < runs; r++, start += step) {
        for (let i = start; i < start + length; i++) {
          const p = parameter(i);
          const h = (xData[i]! - mean[s]!) * scale[s]!;
          const g = dy[i]! * (w === null ? 1 : w[p]!);
          sumG += g;
          sumGH += g * h;
          if (dw !== null) dw[p]! += dy[i]! * h;
          if (db !== null) db[p]! += dy[i]!;
        }
      }
      if (dx === null) continue;
      const meanG = fixed ? 0 : sumG / elements;
      const meanGH = fixed ? 0 : sumGH / elements;
      for (let r = 0, start = first(s); r < runs; r++, start += step) {
        for (let i = start; i < start + length; i++) {
          const h = (xData[i]! - mean[s]!) * scale[s]!;
          const g = dy[i]! * (w === null ? 1 : w[parameter(i)]!);
          dx[i] = scale[s]! * (g - meanG - h * meanGH);
        }
      }
    }
    const affine = [dw, db].flatMap((sums) => (sums === null ? [] : [Float32Array.from(sums)]));
    return [dx, ...affine];
  });
}

function checkAffine(
  op: string,
  name: string,
  parameter: Tensor | null | undefined,
  shape: readonly number[],
): Tensor | null {
  if (parameter == null) return null;
  checkTensor(op, name, parameter);
  checkShapeIs(op, name, parameter, shape);
  return parameter;
}

export interface BatchNormOptions {
  /** (C) */
  weight?: Tensor | null;
  /** (C) */
  bias?: Tensor | null;
  /** Whether to normalise by the statistics of the batch, and move the running ones; default false. */
  training?: boolean;
  /** Share of the batch's statistics in the running ones; default 0.1. */
  momentum?: number;
  /** Added to the variance; default 1e-5. */
  eps?: number;
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
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = {},
): Tensor {
  const { training = false, momentum = 0.1, eps = 1e-5 } = options;
  checkTensor('batchNorm', 'x', x);
  checkShape(x.ndim >= 2, 'batchNorm', 'x', 'of shape (N, C, …)', x.shape);
  const [batch, channels] = x.shape as [number, number];
  checkBoolean('batchNorm', 'training', training);
  checkNumber('batchNorm', 'momentum', momentum);
  checkAtLeast('batchNorm', 'eps', eps, 0);
  const weight = checkAffine('batchNorm', 'weight', options.weight, [channels]);
  const bias = checkAffine('batchNorm', 'bias', options.bias, [channels]);
  const meanTensor = checkAffine('batchNorm', 'runningMean', runningMean, [channels]);
  const varTensor = checkAffine('batchNorm', 'runningVar', runningVar, [channels]);
  const given = meanTensor !== null && varTensor !== null;
  checkType(
    training || given,
    'batchNorm',
    'runningMean and runningVar',
    'tensors where training is false',
    runningMean,
  );

  const inner = x.data.length / (batch * channels);
  const elements = batch * inner;
  checkShape(
    !training || elements > 1,
    'batchNorm',
    'x',
    'of more than one value per channel when training',
    x.shape,
  );
  const sets: Sets = {
    count: channels,
    runs: batch,
    length: inner,
    step: channels * inner,
    first: (channel) => channel * inner,
    parameter: (element) => Math.floor(element / inner) % channels,
  };
  if (!training) {
    const fixed = { mean: Float64Array.from(meanTensor!.data), variance: Float64Array.from(varTensor!.data) };
    return normalize('batchNorm', x, sets, fixed, true, weight, bias, eps);
  }
  const batchStatistics = statistics(x.data, sets);
  const { mean, variance } = batchStatistics;
  for (let c = 0; c < channels; c++) {
    const unbiased = (variance[c]! * elements) / (elements - 1);
    if (meanTensor !== null) meanTensor.data[c] = (1 - momentum) * meanTensor.data[c]! + momentum * mean[c]!;
    if (varTensor !== null) varTensor.data[c] = (1 - momentum) * varTensor.data[c]! + momentum * unbiased;
  }
  return normalize('batchNorm', x, sets, batchStatistics, false, weight, bias, eps);
}

export interface LayerNormOptions {
  /** The last dimensions, which are normalised together. */
  normalizedShape: number | readonly number[];
  /** (normalizedShape) */
  weight?: Tensor | null;
  /** (normalizedShape) */
  bias?: Tensor | null;
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

/**
 * Normalises over the last dimensions. As `torch.nn.functional.layer_norm`.
 * Ba, Kiros and Hinton, 2016, https://arxiv.org/abs/1607.06450
 *
 * @param x (…, normalizedShape)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function layerNorm(x: Tensor, options: LayerNormOptions): Tensor {
  const { eps = 1e-5 } = options;
  checkTensor('layerNorm', 'x', x);
  const shape = checkNormalizedShape('layerNorm', options.normalizedShape);
  const ends = shape.every((length, i) => x.shape.at(i - shape.length) === length);
  checkShape(ends, 'layerNorm', 'x', `of shape (…, ${shape.join(', ')})`, x.shape);
  checkAtLeast('layerNorm', 'eps', eps, 0);
  const weight = checkAffine('layerNorm', 'weight', options.weight, shape);
  const bias = checkAffine('layerNorm', 'bias', options.bias, shape);
  const length = sizeOf(shape);
  const sets: Sets = {
    count: x.data.length / length,
    runs: 1,
    length,
    step: 0,
    first: (row) => row * length,
    parameter: (element) => element % length,
  };
  return normalize('layerNorm', x, sets, statistics(x.data, sets), false, weight, bias, eps);
}

export interface GroupNormOptions {
  /** Groups of channels that are normalised together. */
  numGroups: number;
  /** (C) */
  weight?: Tensor | null;
  /** (C) */
  bias?: Tensor | null;
  /** Added to the variance; default 1e-5. */
  eps?: number;
}

/**
 * Normalises every group of channels of every example. As `torch.nn.functional.group_norm`.
 * Wu and He, 2018, https://arxiv.org/abs/1803.08494
 *
 * @param x (N, C, …)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function groupNorm(x: Tensor, options: GroupNormOptions): Tensor {
  const { numGroups, eps = 1e-5 } = options;
  checkTensor('groupNorm', 'x', x);
  checkShape(x.ndim >= 2, 'groupNorm', 'x', 'of shape (N, C, …)', x.shape);
  const [batch, channels] = x.shape as [number, number];
  checkInteger('groupNorm', 'numGroups', numGroups, 1);
  checkRange(
    channels % numGroups === 0,
    'groupNorm',
    'numGroups',
    `a divisor of the channels (${channels})`,
    numGroups,
  );
  checkAtLeast('groupNorm', 'eps', eps, 0);
  const weight = checkAffine('groupNorm', 'weight', options.weight, [channels]);
  const bias = checkAffine('groupNorm', 'bias', options.bias, [channels]);
  const inner = x.data.length / (batch * channels);
  const length = (channels / numGroups) * inner;
  const sets: Sets = {
    count: batch * numGroups,
    runs: 1,
    length,
    step: 0,
    first: (group) => group * length,
    parameter: (element) => Math.floor(element / inner) % channels,
  };
  return normalize('groupNorm', x, sets, statistics(x.data, sets), false, weight, bias, eps);
}
