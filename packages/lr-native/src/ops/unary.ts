/**
 * Functions of each element: activations, exp, log, sqrt, abs. To add one: its formula in native/elem/unary.h, its
 * number in addon-types.ts, its function here.
 */
import { checkNumber } from '@org/lr-core';
import { addon } from '../addon.ts';
import { UNARY } from '../addon-types.ts';
import type { UnaryName } from '../addon-types.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkChoice, checkTensor, result } from './op.ts';

function unary(op: string, kind: UnaryName, x: Tensor, parameter = 0): Tensor {
  checkTensor(op, 'x', x);
  const number = UNARY[kind];
  const xData = x.data;
  const y = new Float32Array(xData.length);
  addon.unaryForward(number, parameter, xData, y);
  return result(op, [x], y, x.shape, (dy) => {
    const dx = acquire(dy.length);
    addon.unaryBackward(number, parameter, xData, y, dy, dx);
    return [dx];
  });
}

/** The exponential of each element. As `torch.exp`. @throws ArgumentError, ShapeError */
export function exp(x: Tensor): Tensor {
  return unary('exp', 'exp', x);
}

/** The natural logarithm of each element; NaN below zero. As `torch.log`. @throws ArgumentError, ShapeError */
export function log(x: Tensor): Tensor {
  return unary('log', 'log', x);
}

/** The square root of each element; NaN below zero. As `torch.sqrt`. @throws ArgumentError, ShapeError */
export function sqrt(x: Tensor): Tensor {
  return unary('sqrt', 'sqrt', x);
}

/** The magnitude of each element; its gradient at 0 is 0. As `torch.abs`. @throws ArgumentError, ShapeError */
export function abs(x: Tensor): Tensor {
  return unary('abs', 'abs', x);
}

/** 1 / (1 + exp(-x)). As `torch.sigmoid`. @throws ArgumentError, ShapeError */
export function sigmoid(x: Tensor): Tensor {
  return unary('sigmoid', 'sigmoid', x);
}

/** The hyperbolic tangent of each element. As `torch.tanh`. @throws ArgumentError, ShapeError */
export function tanh(x: Tensor): Tensor {
  return unary('tanh', 'tanh', x);
}

/** x · sigmoid(x). As `torch.nn.functional.silu`. @throws ArgumentError, ShapeError */
export function silu(x: Tensor): Tensor {
  return unary('silu', 'silu', x);
}

/** log(1 + exp(x)), x itself above 20. As `torch.nn.functional.softplus`. @throws ArgumentError, ShapeError */
export function softplus(x: Tensor): Tensor {
  return unary('softplus', 'softplus', x);
}

export interface LeakyReluOptions {
  /** Slope below zero; default 0.01. */
  negativeSlope?: number;
}

/** x, or negativeSlope · x below zero. As `torch.nn.functional.leaky_relu`. @throws ArgumentError, ShapeError */
export function leakyRelu(x: Tensor, { negativeSlope = 0.01 }: LeakyReluOptions = {}): Tensor {
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
export function gelu(x: Tensor, { approximate = 'none' }: GeluOptions = {}): Tensor {
  checkChoice('gelu', 'approximate', approximate, GELU_APPROXIMATIONS);
  return unary('gelu', approximate === 'tanh' ? 'geluTanh' : 'gelu', x);
}
