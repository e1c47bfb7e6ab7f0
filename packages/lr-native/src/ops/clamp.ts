import { checkNumber, checkShape } from '@org/lr-core';
import { noGrad } from '../autograd.ts';
import type { RealDType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { maximum, minimum } from './arithmetic.ts';
import { broadcastShape, sumTo } from './broadcast.ts';
import { ge, gt, le, logicalAnd, logicalOr, lt } from './compare.ts';
import { checkTensor, result } from './op.ts';
import { promote } from './promote.ts';
import { unary } from './unary.ts';
import { where } from './where.ts';

export interface ClampOptions<D extends RealDType = 'float32'> {
  /** What is smaller becomes this: a number, or a tensor that broadcasts. Default: no bound. */
  min?: number | Tensor<D> | null;
  /** What is larger becomes this, also where it is less than `min`. Default: no bound. */
  max?: number | Tensor<D> | null;
}

/**
 * Each element, or the bound that it is beyond; NaN where the element or a bound is. The gradient passes at the bounds;
 * to a bound that is a tensor goes that of what is beyond it. As `torch.clamp`.
 *
 * @throws ArgumentError, ShapeError
 */
export function clamp<D extends RealDType>(x: Tensor<D>, options: ClampOptions<D>): Tensor<D> {
  checkTensor('clamp', 'x', x);
  const { min = null, max = null } = options ?? {};
  checkShape(min !== null || max !== null, 'clamp', 'options', 'min, max or both', options);
  if (min instanceof Tensor || max instanceof Tensor) return between(x, min, max);
  if (min !== null) checkNumber('clamp', 'min', min);
  if (max !== null) checkNumber('clamp', 'max', max);
  if (Number.isNaN(min) || Number.isNaN(max)) return unary('clamp', 'threshold', x, Infinity, NaN);
  return unary('clamp', 'clamp', x, Math.min(min ?? -Infinity, max ?? Infinity), max ?? Infinity);
}

function between<D extends RealDType>(
  x: Tensor<D>,
  least: number | Tensor<D> | null,
  most: number | Tensor<D> | null,
): Tensor<D> {
  const bound = (name: string, value: number | Tensor<D> | null): Tensor<D> | null =>
    value === null ? null : (promote('clamp', ['x', name], x, value)[1] as Tensor<D>);
  const [min, max] = [bound('min', least), bound('max', most)];
  const bounds = [min, max].filter((value) => value !== null);
  const shape = bounds.reduce((wide, b) => broadcastShape('clamp', wide, b.shape), [...x.shape]);
  const y = noGrad(() => {
    const atLeast = min === null ? x : maximum(x, min);
    return max === null ? atLeast : minimum(atLeast, max);
  });
  return result('clamp', [x, ...bounds], y.data, shape, (dy, needs) =>
    noGrad(() => {
      const given = new Tensor<D>(dy, shape);
      const share = (of: Tensor<D>, needed: boolean | undefined, at: Tensor<'bool'>): typeof dy | null =>
        needed ? sumTo(where(at, given, 0).data, shape, of.shape) : null;
      const both = min === null || max === null ? null : { min, max };
      const within = [min && ge(x, min), max && le(x, max)].filter((at) => at !== null);
      const ofX = share(x, needs[0], within.reduce(logicalAnd));
      const below = min && lt(x, min);
      const above = max && gt(x, max);
      const ofMin = below && share(min!, needs[1], both ? logicalAnd(below, lt(both.min, both.max)) : below);
      const ofMax =
        above && share(max!, needs.at(-1), both ? logicalOr(above, lt(both.max, both.min)) : above);
      return [ofX, ...(min ? [ofMin] : []), ...(max ? [ofMax] : [])];
    }),
  );
}
