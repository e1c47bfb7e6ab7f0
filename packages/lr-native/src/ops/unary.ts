/**
 * Functions of each element: exp, log, sin, …. To add one: its formula in native/elem/unary.h, its number in
 * addon-types.ts, its function here; activations are in activations.ts.
 */
import { addon } from '../addon.ts';
import { UNARY } from '../addon-types.ts';
import type { UnaryName } from '../addon-types.ts';
import { uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkTensor, result } from './op.ts';

/** The function `kind` with its parameters a and b. @throws ArgumentError, ShapeError */
export function unary<D extends RealDType>(
  op: string,
  kind: UnaryName,
  x: Tensor<D>,
  a = 0,
  b = 0,
): Tensor<D> {
  checkTensor(op, 'x', x);
  const number = UNARY[kind];
  const xData = x.data;
  const n = xData.length;
  const y = uninitializedLike(xData, n);
  addon.unaryForward(number, a, b, n, xData, y);
  const backward = (dy: typeof y): (typeof y)[] => {
    const dx = acquireLike(dy);
    addon.unaryBackward(number, a, b, n, xData, y, dy, dx);
    return [dx];
  };
  return result(op, [x], y, x.shape, backward, null, { kind, a, b });
}

/** The exponential of each element. As `torch.exp`. @throws ArgumentError, ShapeError */
export function exp<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('exp', 'exp', x);
}

/** 2 to the power of each element. As `torch.exp2`. @throws ArgumentError, ShapeError */
export function exp2<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('exp2', 'exp2', x);
}

/** exp(x) - 1, exact near 0. As `torch.expm1`. @throws ArgumentError, ShapeError */
export function expm1<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('expm1', 'expm1', x);
}

/** The natural logarithm of each element; NaN below zero. As `torch.log`. @throws ArgumentError, ShapeError */
export function log<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('log', 'log', x);
}

/** The logarithm of each element to base 2; NaN below zero. As `torch.log2`. @throws ArgumentError, ShapeError */
export function log2<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('log2', 'log2', x);
}

/** The logarithm of each element to base 10; NaN below zero. As `torch.log10`. @throws ArgumentError, ShapeError */
export function log10<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('log10', 'log10', x);
}

/** log(1 + x), exact near 0. As `torch.log1p`. @throws ArgumentError, ShapeError */
export function log1p<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('log1p', 'log1p', x);
}

/** The square root of each element; NaN below zero. As `torch.sqrt`. @throws ArgumentError, ShapeError */
export function sqrt<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('sqrt', 'sqrt', x);
}

/** 1 / √x; NaN below zero. As `torch.rsqrt`. @throws ArgumentError, ShapeError */
export function rsqrt<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('rsqrt', 'rsqrt', x);
}

/** The square of each element. As `torch.square`. @throws ArgumentError, ShapeError */
export function square<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('square', 'square', x);
}

/** 1 / x. As `torch.reciprocal`. @throws ArgumentError, ShapeError */
export function reciprocal<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('reciprocal', 'reciprocal', x);
}

/** The magnitude of each element; its gradient at 0 is 0. As `torch.abs`. @throws ArgumentError, ShapeError */
export function abs<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('abs', 'abs', x);
}

/** -x. As `torch.neg`. @throws ArgumentError, ShapeError */
export function neg<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('neg', 'neg', x);
}

/** -1, 0 or 1, of NaN 0; its gradient is 0. As `torch.sign`. @throws ArgumentError, ShapeError */
export function sign<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('sign', 'sign', x);
}

/** The sine of each element, in radians. As `torch.sin`. @throws ArgumentError, ShapeError */
export function sin<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('sin', 'sin', x);
}

/** The cosine of each element, in radians. As `torch.cos`. @throws ArgumentError, ShapeError */
export function cos<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('cos', 'cos', x);
}

/** The tangent of each element, in radians. As `torch.tan`. @throws ArgumentError, ShapeError */
export function tan<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('tan', 'tan', x);
}

/** The angle in [-π/2, π/2] whose sine each element is; NaN beyond ±1. As `torch.asin`. @throws ArgumentError, ShapeError */
export function asin<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('asin', 'asin', x);
}

/** The angle in [0, π] whose cosine each element is; NaN beyond ±1. As `torch.acos`. @throws ArgumentError, ShapeError */
export function acos<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('acos', 'acos', x);
}

/** The angle in [-π/2, π/2] whose tangent each element is. As `torch.atan`. @throws ArgumentError, ShapeError */
export function atan<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('atan', 'atan', x);
}

/** The hyperbolic sine of each element. As `torch.sinh`. @throws ArgumentError, ShapeError */
export function sinh<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('sinh', 'sinh', x);
}

/** The hyperbolic cosine of each element. As `torch.cosh`. @throws ArgumentError, ShapeError */
export function cosh<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('cosh', 'cosh', x);
}

/** The hyperbolic tangent of each element. As `torch.tanh`. @throws ArgumentError, ShapeError */
export function tanh<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('tanh', 'tanh', x);
}

/** The largest integer that is no larger; its gradient is 0. As `torch.floor`. @throws ArgumentError, ShapeError */
export function floor<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('floor', 'floor', x);
}

/** The smallest integer that is no smaller; its gradient is 0. As `torch.ceil`. @throws ArgumentError, ShapeError */
export function ceil<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('ceil', 'ceil', x);
}

/** The nearest integer, of two the even one; its gradient is 0. As `torch.round`. @throws ArgumentError, ShapeError */
export function round<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('round', 'round', x);
}

/** The whole part of each element; its gradient is 0. As `torch.trunc`. @throws ArgumentError, ShapeError */
export function trunc<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('trunc', 'trunc', x);
}

/** The error function of each element. As `torch.erf`. @throws ArgumentError, ShapeError */
export function erf<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('erf', 'erf', x);
}

/** 1 - erf(x), exact for large x. As `torch.erfc`. @throws ArgumentError, ShapeError */
export function erfc<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('erfc', 'erfc', x);
}

/** 1 / (1 + exp(-x)). As `torch.sigmoid`. @throws ArgumentError, ShapeError */
export function sigmoid<D extends RealDType>(x: Tensor<D>): Tensor<D> {
  return unary('sigmoid', 'sigmoid', x);
}
