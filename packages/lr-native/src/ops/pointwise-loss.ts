/**
 * Losses of each element by itself: of an input, a target and sometimes a third tensor, all of one shape. To add one: its
 * formula in native/elem/loss.h, its number in addon-types.ts, its function here.
 */
import {
  ArgumentRangeError,
  checkAtLeast,
  checkBoolean,
  checkNumber,
  checkRange,
  checkShape,
  message,
} from '@org/lr-core';
import { addon } from '../addon.ts';
import { LOSS, REDUCTION } from '../addon-types.ts';
import type { LossName, Reduction } from '../addon-types.ts';
import { hostOf } from '../device-array.ts';
import { arrayLike, uninitializedLike } from '../dtype.ts';
import type { IndexDType, RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { broadcastShape } from './broadcast.ts';
import { checkChoice, checkReduction, checkShapeIs, checkTensor, checkTensorLike, result } from './op.ts';
import { reduced, sum } from './reduce.ts';

export interface LossOptions {
  /** `'mean'` (default), `'sum'` or `'none'`: a value for each element. */
  reduction?: Reduction;
}

/** The loss `kind` with parameters a and b of checked tensors, reduced. Every input has a gradient. */
function pointwiseLoss<D extends RealDType>(
  op: string,
  kind: LossName,
  inputs: readonly [input: Tensor<D>, target: Tensor<D>, third?: Tensor<D>],
  reduction: Reduction,
  a = 0,
  b = 0,
): Tensor<D> {
  const [input, target, third] = inputs;
  const number = LOSS[kind];
  const by = REDUCTION[reduction];
  const x = input.data;
  const t = target.data;
  const w = third?.data ?? null;
  const n = x.length;
  const loss = uninitializedLike(x, reduction === 'none' ? n : 1);
  addon.pointwiseLossForward(number, a, b, n, by, x, t, w, loss);
  const shape = reduction === 'none' ? input.shape : [];
  return result(op, inputs as readonly Tensor<D>[], loss, shape, (dloss, needs) => {
    const dx = needs[0] ? acquireLike(x) : null;
    const dt = needs[1] ? acquireLike(x) : null;
    const dw = needs[2] ? acquireLike(x) : null;
    addon.pointwiseLossBackward(number, a, b, n, by, x, t, w, dloss, dx, dt, dw);
    return [dx, dt, dw];
  });
}

/** @throws ArgumentError, ShapeError unless both tensors have one shape and type */
export function checkLoss<D extends RealDType>(
  op: string,
  input: Tensor<D>,
  target: Tensor<D>,
  reduction: Reduction,
  names: readonly [string, string] = ['input', 'target'],
): void {
  checkTensor(op, names[0], input);
  checkTensorLike(op, names[1], target, input);
  checkShapeIs(op, names[1], target, input.shape);
  checkReduction(op, reduction);
}

/** `value` repeated to the shape of `input`. @throws ArgumentError, ShapeError */
function stretched<D extends RealDType>(
  op: string,
  name: string,
  value: Tensor<D>,
  { data, shape }: Tensor<D>,
): Tensor<D> {
  const joint = broadcastShape(op, shape, value.shape);
  const fits = joint.length === shape.length && joint.every((length, d) => length === shape[d]);
  checkShape(fits, op, name, `of a shape that broadcasts to [${shape.join(', ')}]`, value.shape);
  if (value.data.length === data.length) return value;
  return add(new Tensor<D>(arrayLike(data, data.length), shape), value);
}

/** `value` repeated to the shape of `input`. @throws ArgumentError, ShapeError */
function checkWeight<D extends RealDType>(
  op: string,
  name: string,
  value: Tensor<D> | null | undefined,
  input: Tensor<D>,
): Tensor<D> | null {
  if (value == null) return null;
  checkTensorLike(op, name, value, input);
  return stretched(op, name, value, input);
}

/** `losses` times weights, reduced. */
function weighted<D extends RealDType>(
  losses: (reduction: Reduction) => Tensor<D>,
  weight: Tensor<D> | null,
  reduction: Reduction,
): Tensor<D> {
  return weight === null ? losses(reduction) : reduced(mul(losses('none'), weight), reduction);
}

/** A target of 1 and -1, converted to the type of `input` from integers. @throws ArgumentError, ShapeError */
export function checkSigns<D extends RealDType>(
  op: string,
  target: Tensor<NoInfer<D>> | Tensor<IndexDType>,
  input: Tensor<D>,
): Tensor<D> {
  checkTensor(op, 'target', target, [input.dtype, 'int32', 'int64', 'uint8']);
  checkShapeIs(op, 'target', target, input.shape);
  if (target.dtype === input.dtype) return target as Tensor<D>;
  return target.asType(input.dtype);
}

/**
 * (input - target)² for each element, reduced. As `torch.nn.functional.mse_loss`, but the shapes must be equal: where
 * PyTorch warns and broadcasts, this throws. The target has a gradient too where it asks for one.
 *
 * @throws ArgumentError, ShapeError
 */
export function mseLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { reduction = 'mean' }: LossOptions = {},
): Tensor<D> {
  checkLoss('mseLoss', input, target, reduction);
  return pointwiseLoss('mseLoss', 'mse', [input, target], reduction);
}

/** |input - target|, reduced. As `torch.nn.functional.l1_loss`, for equal shapes. @throws ArgumentError, ShapeError */
export function l1Loss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { reduction = 'mean' }: LossOptions = {},
): Tensor<D> {
  checkLoss('l1Loss', input, target, reduction);
  return pointwiseLoss('l1Loss', 'l1', [input, target], reduction);
}

export interface SmoothL1LossOptions extends LossOptions {
  /** Where the square turns into a line; default 1, and 0 is l1Loss. */
  beta?: number;
}

/**
 * d² / (2 · beta) below beta, |d| - beta / 2 above. As `torch.nn.functional.smooth_l1_loss`, for equal shapes.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function smoothL1Loss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { reduction = 'mean', beta = 1 }: SmoothL1LossOptions = {},
): Tensor<D> {
  checkAtLeast('smoothL1Loss', 'beta', beta, 0);
  checkLoss('smoothL1Loss', input, target, reduction);
  return pointwiseLoss('smoothL1Loss', beta === 0 ? 'l1' : 'smoothL1', [input, target], reduction, beta);
}

export interface HuberLossOptions extends LossOptions {
  /** Where the square turns into a line; default 1. */
  delta?: number;
}

/**
 * d² / 2 up to delta, delta · (|d| - delta / 2) above. As `torch.nn.functional.huber_loss`, for equal shapes.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function huberLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { reduction = 'mean', delta = 1 }: HuberLossOptions = {},
): Tensor<D> {
  checkAtLeast('huberLoss', 'delta', delta, 0);
  checkRange(delta > 0, 'huberLoss', 'delta', 'a number > 0', delta);
  checkLoss('huberLoss', input, target, reduction);
  return pointwiseLoss('huberLoss', 'huber', [input, target], reduction, delta);
}

export interface BinaryCrossEntropyOptions<D extends RealDType = 'float32'> extends LossOptions {
  /** Weights of the elements; broadcasts. */
  weight?: Tensor<D> | null;
}

/**
 * -(t · log(x) + (1 - t) · log(1 - x)) of probabilities x, logarithms not below -100, reduced.
 * As `torch.nn.functional.binary_cross_entropy`.
 *
 * @param input probabilities
 * @param target probabilities, of the shape of `input`
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function binaryCrossEntropy<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { weight, reduction = 'mean' }: BinaryCrossEntropyOptions<D> = {},
): Tensor<D> {
  const op = 'binaryCrossEntropy';
  checkLoss(op, input, target, reduction);
  const weights = checkWeight(op, 'weight', weight, input);
  const values = hostOf(input.data);
  const wrong = values.findIndex((x) => !(x >= 0 && x <= 1));
  if (wrong >= 0) {
    throw new ArgumentRangeError(message(op, `input[${wrong}]`, 'a probability from 0 to 1', values[wrong]));
  }
  return weighted((by) => pointwiseLoss(op, 'bce', [input, target], by), weights, reduction);
}

export interface BceWithLogitsOptions<D extends RealDType = 'float32'> extends BinaryCrossEntropyOptions<D> {
  /** Weights of the positive targets; broadcasts, for instance (C). */
  posWeight?: Tensor<D> | null;
}

/**
 * Binary cross entropy of logits: (1 - t) · x + (1 + (posWeight - 1) · t) · log(1 + exp(-x)), reduced.
 * As `torch.nn.functional.binary_cross_entropy_with_logits`.
 *
 * @param target probabilities, of the shape of `input`
 * @throws ArgumentError, ShapeError
 */
export function bceWithLogits<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { weight, posWeight, reduction = 'mean' }: BceWithLogitsOptions<D> = {},
): Tensor<D> {
  const op = 'bceWithLogits';
  checkLoss(op, input, target, reduction);
  const weights = checkWeight(op, 'weight', weight, input);
  const positive = checkWeight(op, 'posWeight', posWeight, input);
  const losses = (by: Reduction): Tensor<D> =>
    positive === null
      ? pointwiseLoss(op, 'bceWithLogits', [input, target], by)
      : pointwiseLoss(op, 'bceWithLogitsWeighted', [input, target, positive], by);
  return weighted(losses, weights, reduction);
}

export interface KlDivOptions {
  /**
   * `'mean'` (default) over all elements, `'batchmean'` over the first dimension, which is the mathematical definition,
   * `'sum'` or `'none'`.
   */
  reduction?: Reduction | 'batchmean';
  /** Whether the target is logarithms of probabilities; default false. */
  logTarget?: boolean;
}

/** @throws ArgumentError unless `value` is a reduction of klDiv */
export function checkKlDivReduction(op: string, value: unknown): void {
  checkChoice(op, 'reduction', value, ['none', 'mean', 'sum', 'batchmean']);
}

/**
 * target · (log(target) - input), reduced: the Kullback-Leibler divergence. As `torch.nn.functional.kl_div`.
 *
 * @param input logarithms of probabilities
 * @param target probabilities, or their logarithms where `logTarget` is true
 * @throws ArgumentError, ShapeError
 */
export function klDiv<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { reduction = 'mean', logTarget = false }: KlDivOptions = {},
): Tensor<D> {
  checkKlDivReduction('klDiv', reduction);
  checkBoolean('klDiv', 'logTarget', logTarget);
  checkLoss('klDiv', input, target, reduction === 'batchmean' ? 'sum' : (reduction as Reduction));
  const kind = logTarget ? 'klDivLogTarget' : 'klDiv';
  if (reduction !== 'batchmean') return pointwiseLoss('klDiv', kind, [input, target], reduction);
  return mul(pointwiseLoss('klDiv', kind, [input, target], 'sum'), 1 / (input.shape[0] ?? 1));
}

export interface PoissonNllLossOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate; default true. */
  logInput?: boolean;
  /** Whether to add Stirling's approximation of log(target!), for targets above 1; default false. */
  full?: boolean;
  /** Added to a rate before its logarithm is taken; default 1e-8. */
  eps?: number;
}

/**
 * exp(input) - target · input, or input - target · log(input + eps), reduced.
 * As `torch.nn.functional.poisson_nll_loss`, for equal shapes.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function poissonNllLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { logInput = true, full = false, eps = 1e-8, reduction = 'mean' }: PoissonNllLossOptions = {},
): Tensor<D> {
  const op = 'poissonNllLoss';
  checkLoss(op, input, target, reduction);
  checkBoolean(op, 'logInput', logInput);
  checkBoolean(op, 'full', full);
  checkAtLeast(op, 'eps', eps, 0);
  const kind = logInput ? 'poissonNll' : 'poissonNllRate';
  return pointwiseLoss(op, kind, [input, target], reduction, full ? 1 : 0, eps);
}

export interface GaussianNllLossOptions extends LossOptions {
  /** Whether to add the constant log(2π) / 2; default false. */
  full?: boolean;
  /** The least variance; default 1e-6. */
  eps?: number;
}

/**
 * (log(variance) + (input - target)² / variance) / 2, reduced. As `torch.nn.functional.gaussian_nll_loss`.
 *
 * @param variance of the shape of `input`, or one that broadcasts to it
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function gaussianNllLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  variance: Tensor<D>,
  { full = false, eps = 1e-6, reduction = 'mean' }: GaussianNllLossOptions = {},
): Tensor<D> {
  const op = 'gaussianNllLoss';
  checkLoss(op, input, target, reduction);
  checkTensorLike(op, 'variance', variance, input);
  checkBoolean(op, 'full', full);
  checkAtLeast(op, 'eps', eps, 0);
  checkRange(eps > 0, op, 'eps', 'a number > 0', eps);
  const variances = hostOf(variance.data);
  const wrong = variances.findIndex((value) => value < 0);
  checkRange(wrong < 0, op, `variance[${wrong}]`, 'a number >= 0', variances[wrong]);
  const each = stretched(op, 'variance', variance, input);
  return pointwiseLoss(op, 'gaussianNll', [input, target, each], reduction, full ? 1 : 0, eps);
}

export interface MarginOptions extends LossOptions {
  /** Default 1; of marginRankingLoss and cosineEmbeddingLoss 0. */
  margin?: number;
}

/**
 * input where target is 1, max(0, margin - input) where it is -1, reduced.
 * As `torch.nn.functional.hinge_embedding_loss`, for equal shapes.
 *
 * @param target 1 or -1 for each element, floats or integers
 * @throws ArgumentError, ShapeError
 */
export function hingeEmbeddingLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<NoInfer<D>> | Tensor<IndexDType>,
  { margin = 1, reduction = 'mean' }: MarginOptions = {},
): Tensor<D> {
  const op = 'hingeEmbeddingLoss';
  checkTensor(op, 'input', input);
  const signs = checkSigns(op, target, input);
  checkNumber(op, 'margin', margin);
  checkReduction(op, reduction);
  return pointwiseLoss(op, 'hingeEmbedding', [input, signs], reduction, margin);
}

/**
 * log(1 + exp(-target · input)), reduced. As `torch.nn.functional.soft_margin_loss`, and finite where that overflows.
 *
 * @param target 1 or -1 for each element, floats or integers
 * @throws ArgumentError, ShapeError
 */
export function softMarginLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<NoInfer<D>> | Tensor<IndexDType>,
  { reduction = 'mean' }: LossOptions = {},
): Tensor<D> {
  const op = 'softMarginLoss';
  checkTensor(op, 'input', input);
  const signs = checkSigns(op, target, input);
  checkReduction(op, reduction);
  return pointwiseLoss(op, 'softMargin', [input, signs], reduction);
}

/**
 * max(0, margin - target · (input1 - input2)), reduced. As `torch.nn.functional.margin_ranking_loss`, for equal shapes.
 *
 * @param target 1 where input1 should rank higher, -1 where input2 should; floats or integers
 * @throws ArgumentError, ShapeError
 */
export function marginRankingLoss<D extends RealDType>(
  input1: Tensor<D>,
  input2: Tensor<D>,
  target: Tensor<NoInfer<D>> | Tensor<IndexDType>,
  { margin = 0, reduction = 'mean' }: MarginOptions = {},
): Tensor<D> {
  const op = 'marginRankingLoss';
  checkLoss(op, input1, input2, reduction, ['input1', 'input2']);
  const signs = checkSigns(op, target, input1);
  checkNumber(op, 'margin', margin);
  return pointwiseLoss(op, 'marginRanking', [input1, input2, signs], reduction, margin);
}

/**
 * The mean over the classes of binary cross entropy of logits, reduced over the rest.
 * As `torch.nn.functional.multilabel_soft_margin_loss`.
 *
 * @param input logits (*, C)
 * @param target 0 or 1 for each class, of the shape of `input`
 * @param options `weight` of each class: (C)
 * @throws ArgumentError, ShapeError
 */
export function multilabelSoftMarginLoss<D extends RealDType>(
  input: Tensor<D>,
  target: Tensor<D>,
  { weight, reduction = 'mean' }: BinaryCrossEntropyOptions<D> = {},
): Tensor<D> {
  const op = 'multilabelSoftMarginLoss';
  checkLoss(op, input, target, reduction);
  const weights = checkWeight(op, 'weight', weight, input);
  const losses = weighted((by) => pointwiseLoss(op, 'bceWithLogits', [input, target], by), weights, 'none');
  if (input.ndim === 0) return losses;
  return reduced(mul(sum(losses, { dim: -1 }), 1 / input.shape.at(-1)!), reduction);
}
