/**
 * Functions of each element: activations, exp, log, sqrt, abs. To add one: its formula in native/elem/unary.h, its
 * number in addon-types.ts, its function here.
 */
import { checkNumber } from '@org/lr-core';
import { addon } from '../addon.ts';
import { UNARY } from '../addon-types.ts';
import type { UnaryName } from '../addon-types.ts';
import { arrayLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkChoice, checkTensor, result } from './op.ts';

function unary<D extends RealDType>(op: string, kind: UnaryName, x: Tensor<D>, a = 0, b = 0): Tensor<D> {
  checkTensor(op, 'x', x);
  const number = UNARY[kind];
  const xData = x.data;
  const n = xData.length;
  const y = arrayLike(xData, n);
  addon.unaryForward(number, a, b, n, xData, y);
  return result(op, [x], y, x.shape, (dy) => {
    const dx = acquireLike(dy);
    addon.unaryBackward(number, a, b, n, xData, y, dy, dx);
    return [dx];
  });
}

/** max(x, 0) for each element; NaN stays NaN. As `torch.nn.functional.relu`. @throws ArgumentError, ShapeError */
export function relu<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('relu', 'relu', x);
}

/** The exponential of each element. As `torch.exp`. @throws ArgumentError, ShapeError */
export function exp<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('exp', 'exp', x);
}

/** The natural logarithm of each element; NaN below zero. As `torch.log`. @throws ArgumentError, ShapeError */
export function log<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('log', 'log', x);
}

/** The square root of each element; NaN below zero. As `torch.sqrt`. @throws ArgumentError, ShapeError */
export function sqrt<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('sqrt', 'sqrt', x);
}

/** The magnitude of each element; its gradient at 0 is 0. As `torch.abs`. @throws ArgumentError, ShapeError */
export function abs<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('abs', 'abs', x);
}

/** 1 / (1 + exp(-x)). As `torch.sigmoid`. @throws ArgumentError, ShapeError */
export function sigmoid<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('sigmoid', 'sigmoid', x);
}

/** The hyperbolic tangent of each element. As `torch.tanh`. @throws ArgumentError, ShapeError */
export function tanh<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('tanh', 'tanh', x);
}

/** x · sigmoid(x). As `torch.nn.functional.silu`. @throws ArgumentError, ShapeError */
export function silu<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('silu', 'silu', x);
}

/** log(1 + exp(x)), x itself above 20. As `torch.nn.functional.softplus`. @throws ArgumentError, ShapeError */
export function softplus<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('softplus', 'softplus', x);
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
