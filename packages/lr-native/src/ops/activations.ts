/**
 * Activations: functions of each element. To add one: its formula in native/elem/activation.h, its number in
 * addon-types.ts, its function here.
 */
import { checkAtLeast, checkNumber, checkRange, checkShape } from '@org/lr-core';
import type { RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';
import { gt } from './compare.ts';
import { checkChoice, checkDim, checkTensor, checkTensorLike } from './op.ts';
import { reshape } from './reshape.ts';
import { narrow } from './slice.ts';
import { sigmoid, unary } from './unary.ts';
import { where } from './where.ts';

/** max(x, 0) for each element; NaN stays NaN. As `torch.nn.functional.relu`. @throws ArgumentError, ShapeError */
export function relu<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('relu', 'relu', x);
}

/** min(max(x, 0), 6). As `torch.nn.functional.relu6`. @throws ArgumentError, ShapeError */
export function relu6<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('relu6', 'hardtanh', x, 0, 6);
}

export interface LeakyReluOptions {
  /** Slope below zero; default 0.01. */
  negativeSlope?: number;
}

/** x, or negativeSlope · x below zero. As `torch.nn.functional.leaky_relu`. @throws ArgumentError, ShapeError */
export function leakyRelu<D extends RealDType>(
  x: Tensor<D>,
  { negativeSlope = 0.01 }: LeakyReluOptions = {},
): Tensor<D> {
  checkNumber('leakyRelu', 'negativeSlope', negativeSlope);
  return unary('leakyRelu', 'leakyRelu', x, negativeSlope);
}

/**
 * x, or weight · x below zero. As `torch.nn.functional.prelu`.
 *
 * @param x (N, C, *), or (N) with one weight
 * @param weight (1), or (C)
 * @throws ArgumentError, ShapeError
 */
export function prelu<D extends RealDType>(x: Tensor<D>, weight: Tensor<D>): Tensor<D> {
  checkTensor('prelu', 'x', x);
  checkTensorLike('prelu', 'weight', weight, x);
  const channels = x.ndim < 2 ? 1 : x.shape[1]!;
  const fits = weight.ndim <= 1 && (weight.size === 1 || weight.size === channels);
  checkShape(fits, 'prelu', 'weight', `of shape [1] or [${channels}]`, weight.shape);
  const shape = weight.size === 1 ? [] : x.shape.slice(1).map((_, d) => (d === 0 ? channels : 1));
  return where(gt(x, 0), x, mul(x, reshape(weight, shape)));
}

export interface EluOptions {
  /** What x tends to below zero, negated; default 1. */
  alpha?: number;
}

/** x, or alpha · (exp(x) - 1) below zero. As `torch.nn.functional.elu`. @throws ArgumentError, ShapeError */
export function elu<D extends RealDType>(x: Tensor<D>, { alpha = 1 }: EluOptions = {}): Tensor<D> {
  checkNumber('elu', 'alpha', alpha);
  return unary('elu', 'elu', x, alpha);
}

/** x, or alpha · (exp(x / alpha) - 1) below zero. As `torch.nn.functional.celu`. @throws ArgumentError, ArgumentRangeError where alpha is 0, ShapeError */
export function celu<D extends RealDType>(x: Tensor<D>, { alpha = 1 }: EluOptions = {}): Tensor<D> {
  checkNumber('celu', 'alpha', alpha);
  checkRange(alpha !== 0, 'celu', 'alpha', 'a number other than 0', alpha);
  return unary('celu', 'celu', x, alpha);
}

/** 1.0507… · elu(x) with alpha 1.6732…, of which mean 0 and variance 1 are a fixed point. As `torch.nn.functional.selu`. @throws ArgumentError, ShapeError */
export function selu<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('selu', 'selu', x);
}

/** Exact, or by tanh. */
export const GELU_APPROXIMATIONS = ['none', 'tanh'] as const;

export interface GeluOptions {
  /** `'none'` (default): x · Φ(x). `'tanh'`: 0.5 · x · (1 + tanh(√(2 / π) · (x + 0.044715 · x³))). */
  approximate?: (typeof GELU_APPROXIMATIONS)[number];
}

/**
 * x · Φ(x), Φ the distribution function of the normal distribution. As `torch.nn.functional.gelu`.
 * Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415
 *
 * @throws ArgumentError, ShapeError
 */
export function gelu<D extends RealDType>(
  x: Tensor<D>,
  { approximate = 'none' }: GeluOptions = {},
): Tensor<D> {
  checkChoice('gelu', 'approximate', approximate, GELU_APPROXIMATIONS);
  return unary('gelu', approximate === 'tanh' ? 'geluTanh' : 'gelu', x);
}

/** x · sigmoid(x). As `torch.nn.functional.silu`. @throws ArgumentError, ShapeError */
export function silu<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('silu', 'silu', x);
}

/** x · tanh(softplus(x)). Misra, 2019, https://arxiv.org/abs/1908.08681. As `torch.nn.functional.mish`. @throws ArgumentError, ShapeError */
export function mish<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('mish', 'mish', x);
}

export interface SoftplusOptions {
  /** Default 1. */
  beta?: number;
  /** Above this, beta · x gives x itself; default 20. */
  threshold?: number;
}

/** log(1 + exp(beta · x)) / beta. As `torch.nn.functional.softplus`. @throws ArgumentError, ArgumentRangeError where beta is 0, ShapeError */
export function softplus<D extends RealDType>(
  x: Tensor<D>,
  { beta = 1, threshold = 20 }: SoftplusOptions = {},
): Tensor<D> {
  checkNumber('softplus', 'beta', beta);
  checkRange(beta !== 0, 'softplus', 'beta', 'a number other than 0', beta);
  checkNumber('softplus', 'threshold', threshold);
  return unary('softplus', 'softplus', x, beta, threshold);
}

/** x / (1 + |x|). As `torch.nn.functional.softsign`. @throws ArgumentError, ShapeError */
export function softsign<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('softsign', 'softsign', x);
}

export interface HardtanhOptions {
  /** Default -1. */
  minVal?: number;
  /** Default 1. */
  maxVal?: number;
}

/** min(max(x, minVal), maxVal); no gradient passes at the bounds. As `torch.nn.functional.hardtanh`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function hardtanh<D extends RealDType>(
  x: Tensor<D>,
  { minVal = -1, maxVal = 1 }: HardtanhOptions = {},
): Tensor<D> {
  checkNumber('hardtanh', 'minVal', minVal);
  checkAtLeast('hardtanh', 'maxVal', maxVal, minVal);
  return unary('hardtanh', 'hardtanh', x, minVal, maxVal);
}

/** min(max(x / 6 + 1/2, 0), 1). As `torch.nn.functional.hardsigmoid`. @throws ArgumentError, ShapeError */
export function hardsigmoid<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('hardsigmoid', 'hardsigmoid', x);
}

/** x · hardsigmoid(x). As `torch.nn.functional.hardswish`. @throws ArgumentError, ShapeError */
export function hardswish<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('hardswish', 'hardswish', x);
}

/** log(sigmoid(x)). As `torch.nn.functional.logsigmoid`. @throws ArgumentError, ShapeError */
export function logsigmoid<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('logsigmoid', 'logsigmoid', x);
}

/** x - tanh(x). As `torch.nn.functional.tanhshrink`. @throws ArgumentError, ShapeError */
export function tanhshrink<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('tanhshrink', 'tanhshrink', x);
}

export interface ShrinkOptions {
  /** What is no farther from 0 becomes 0; default 0.5. */
  lambd?: number;
}

/** x moved by lambd towards 0. As `torch.nn.functional.softshrink`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function softshrink<D extends RealDType>(
  x: Tensor<D>,
  { lambd = 0.5 }: ShrinkOptions = {},
): Tensor<D> {
  checkAtLeast('softshrink', 'lambd', lambd, 0);
  return unary('softshrink', 'softshrink', x, lambd);
}

/** x, or 0 within lambd of it. As `torch.nn.functional.hardshrink`. @throws ArgumentError, ShapeError */
export function hardshrink<D extends RealDType>(
  x: Tensor<D>,
  { lambd = 0.5 }: ShrinkOptions = {},
): Tensor<D> {
  checkNumber('hardshrink', 'lambd', lambd);
  return unary('hardshrink', 'hardshrink', x, lambd);
}

/** x where it is above `bound`, else `value`. As `torch.nn.functional.threshold`. @throws ArgumentError, ShapeError */
export function threshold<D extends RealDType>(x: Tensor<D>, bound: number, value: number): Tensor<D> {
  checkNumber('threshold', 'bound', bound);
  checkNumber('threshold', 'value', value);
  return unary('threshold', 'threshold', x, bound, value);
}

export interface GluOptions {
  /** The dimension that is halved; default -1. */
  dim?: number;
}

/**
 * a · sigmoid(b), a and b the halves of x along `dim`. As `torch.nn.functional.glu`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError where the dimension has an odd length
 */
export function glu<D extends RealDType>(x: Tensor<D>, { dim = -1 }: GluOptions = {}): Tensor<D> {
  checkTensor('glu', 'x', x);
  const d = checkDim('glu', 'dim', dim, x.ndim);
  const length = x.shape[d] ?? 1;
  checkShape(length % 2 === 0, 'glu', 'x', `of an even length in dimension ${d}`, x.shape);
  return mul(narrow(x, d, 0, length / 2), sigmoid(narrow(x, d, length / 2, length / 2)));
}
