/** Dropout of elements and of whole channels, and the variants that keep mean and variance for SELU networks. */
import { checkBoolean, checkRange, checkShape, checkType } from '@org/lr-core';
import { addon } from '../addon.ts';
import { beforeReplay } from '../capture.ts';
import { uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import { defaultGenerator } from '../random.ts';
import type { Generator } from '../random.ts';
import type { Tensor } from '../tensor.ts';
import { checkNdim, checkTensor, layoutsOf, result } from './op.ts';

export interface DropoutOptions {
  /** Probability of an element to be zeroed; default 0.5. */
  p?: number;
  /** Default true; `x` itself otherwise. */
  training?: boolean;
  /** Default: the generator that manualSeed seeds. */
  generator?: Generator;
}

/** @throws ArgumentError, ArgumentRangeError unless `p` is a probability */
export function checkProbability(op: string, p: unknown): asserts p is number {
  checkType(typeof p === 'number', op, 'p', 'a number from 0 to 1', p);
  checkRange((p as number) >= 0 && (p as number) <= 1, op, 'p', 'a number from 0 to 1', p);
}

/** What a kept element is multiplied with, and what is added to kept and to dropped ones. */
interface Change {
  readonly scale: number;
  readonly kept: number;
  readonly dropped: number;
}

/** 1 / (1 - p), as float32 has it: the elements keep their mean. */
function inverted(p: number): Change {
  const { fround } = Math;
  return { scale: p === 1 ? 0 : fround(1 / fround(1 - p)), kept: 0, dropped: 0 };
}

/** Dropped elements are SELU's limit -λ · α; then all are scaled and shifted back to mean 0 and variance 1. */
function alpha(p: number): Change {
  if (p === 1) return { scale: 0, kept: 0, dropped: 0 };
  const limit = 1.7580993408473766;
  const scale = 1 / Math.sqrt((limit * limit * p + 1) * (1 - p));
  const kept = limit * scale * p;
  return { scale, kept, dropped: kept - limit * scale };
}

/** `x` with runs of `inner` elements dropped; each run draws once. */
function drop<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  options: DropoutOptions,
  change: (p: number) => Change,
  inner = 1,
): Tensor<D> {
  const { p = 0.5, training = true, generator = defaultGenerator } = options;
  checkProbability(op, p);
  checkBoolean(op, 'training', training);
  if (!training || p === 0) return x;
  const n = x.data.length;
  const mask = new Uint8Array(n / inner);
  if (p < 1) beforeReplay(() => void generator.bernoulli_(mask, 1 - p));
  const { scale, kept, dropped } = change(p);
  const y = uninitializedLike(x.data, n);
  addon.dropout(scale, kept, dropped, inner, n, x.data, mask, y);
  return result(op, [x], y, x.shape, (dy) => {
    const dx = acquireLike(dy);
    addon.dropout(scale, 0, 0, inner, n, dy, mask, dx);
    return [dx];
  });
}

/** Elements of one channel of `x`, which has one of `layouts`. */
function channelSize<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  layouts: readonly [string, string],
): number {
  checkTensor(op, 'x', x);
  checkNdim(op, 'x', x, layouts);
  const spatial = layouts[1].split(',').length - 1;
  return x.shape.slice(-spatial).reduce((a, b) => a * b, 1);
}

/**
 * Each element zeroed with probability `p`, the others divided by 1 - p. As `torch.nn.functional.dropout` on a CPU: the
 * same elements from the same seed, and no draw where p is 0 or 1.
 * Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function dropout<D extends RealDType>(x: Tensor<D>, options: DropoutOptions = {}): Tensor<D> {
  checkTensor('dropout', 'x', x);
  return drop('dropout', x, options, inverted);
}

/**
 * Each channel zeroed with probability `p`, the others divided by 1 - p. As `torch.nn.functional.dropout1d`.
 *
 * @param x (N, C, L) or (C, L)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function dropout1d<D extends RealDType>(x: Tensor<D>, options: DropoutOptions = {}): Tensor<D> {
  return drop('dropout1d', x, options, inverted, channelSize('dropout1d', x, layoutsOf(1)));
}

/**
 * Each channel zeroed with probability `p`, the others divided by 1 - p. As `torch.nn.functional.dropout2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function dropout2d<D extends RealDType>(x: Tensor<D>, options: DropoutOptions = {}): Tensor<D> {
  return drop('dropout2d', x, options, inverted, channelSize('dropout2d', x, layoutsOf(2)));
}

/**
 * Dropout after SELU: mean and variance of the elements stay. As `torch.nn.functional.alpha_dropout`.
 * Klambauer et al., 2017, https://arxiv.org/abs/1706.02515
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function alphaDropout<D extends RealDType>(x: Tensor<D>, options: DropoutOptions = {}): Tensor<D> {
  checkTensor('alphaDropout', 'x', x);
  return drop('alphaDropout', x, options, alpha);
}

/**
 * alphaDropout of whole channels. As `torch.nn.functional.feature_alpha_dropout`.
 *
 * @param x (N, C, …)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function featureAlphaDropout<D extends RealDType>(
  x: Tensor<D>,
  options: DropoutOptions = {},
): Tensor<D> {
  checkTensor('featureAlphaDropout', 'x', x);
  checkShape(x.ndim >= 2, 'featureAlphaDropout', 'x', 'of shape (N, C, …)', x.shape);
  const inner = x.data.length / (x.shape[0]! * x.shape[1]!);
  return drop('featureAlphaDropout', x, options, alpha, inner);
}
