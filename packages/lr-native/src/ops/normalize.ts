/** Division by a norm. */
import { checkAtLeast, checkNumber } from '@org/lr-core';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { div } from './arithmetic.ts';
import { checkDim, checkTensor, result } from './op.ts';
import { norm } from './reduce.ts';

export interface UnitNormOptions {
  /** The order of the norm; default 2. */
  p?: number;
  /** The dimension whose lanes get norm 1; default 1. */
  dim?: number;
  /** The least that is divided by; default 1e-12. */
  eps?: number;
}

/** At least `least`; what is below has no gradient. */
function atLeast(x: Tensor, least: number): Tensor {
  return result(
    'normalize',
    [x],
    x.data.map((value) => (value < least ? least : value)),
    x.shape,
    (dy) => {
      const dx = acquireLike(dy);
      for (let i = 0; i < dx.length; i++) dx[i] = x.data[i]! < least ? 0 : dy[i]!;
      return [dx];
    },
  );
}

/**
 * x divided by its p-norm along `dim`. As `torch.nn.functional.normalize`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function normalize(x: Tensor, { p = 2, dim = 1, eps = 1e-12 }: UnitNormOptions = {}): Tensor {
  checkTensor('normalize', 'x', x);
  checkNumber('normalize', 'p', p);
  checkDim('normalize', 'dim', dim, x.ndim);
  checkAtLeast('normalize', 'eps', eps, 0);
  return div(x, atLeast(norm(x, { p, dim, keepdim: true }), Math.fround(eps)));
}
