/** Division by a norm. */
import { checkAtLeast, checkNumber } from '@org/lr-core';
import type { RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { add, div, sub } from './arithmetic.ts';
import { checkDim, checkTensor } from './op.ts';
import { norm } from './reduce.ts';
import { relu } from './activations.ts';

export interface UnitNormOptions {
  /** The order of the norm; default 2. */
  p?: number;
  /** The dimension whose lanes get norm 1; default 1. */
  dim?: number;
  /** The least that is divided by; default 1e-12. */
  eps?: number;
}

/**
 * x divided by its p-norm along `dim`. As `torch.nn.functional.normalize`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function normalize<D extends RealDType>(
  x: Tensor<D>,
  { p = 2, dim = 1, eps = 1e-12 }: UnitNormOptions = {},
): Tensor<D> {
  checkTensor('normalize', 'x', x);
  checkNumber('normalize', 'p', p);
  checkDim('normalize', 'dim', dim, x.ndim);
  checkAtLeast('normalize', 'eps', eps, 0);
  const length = norm(x, { p, dim, keepdim: true });
  return div(x, add(relu(sub(length, eps)), eps));
}
