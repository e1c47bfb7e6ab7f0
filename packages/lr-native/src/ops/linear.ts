import { addon } from '../addon.ts';
import { uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquire, acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkNdim, checkShapeIs, checkTensor, checkTensorLike, result } from './op.ts';
import { checkShape } from '@org/lr-core';

/**
 * x · weightᵀ + bias on the last dimension of `x`. As `torch.nn.functional.linear`.
 *
 * @param x (*, inFeatures), any number of dimensions before the last
 * @param weight (outFeatures, inFeatures)
 * @param bias (outFeatures)
 * @returns (*, outFeatures)
 * @throws ArgumentError, ShapeError
 */
export function linear<D extends RealDType>(
  x: Tensor<D>,
  weight: Tensor<D>,
  bias?: Tensor<D> | null,
): Tensor<D> {
  checkTensor('linear', 'x', x);
  checkTensorLike('linear', 'weight', weight, x);
  checkNdim('linear', 'weight', weight, ['(outFeatures, inFeatures)']);
  const [outFeatures, inFeatures] = weight.shape as [number, number];
  const fits = x.ndim >= 1 && x.shape.at(-1) === inFeatures;
  checkShape(
    fits,
    'linear',
    'x',
    `of shape (*, ${inFeatures}), as weight has ${inFeatures} inFeatures,`,
    x.shape,
  );
  if (bias != null) {
    checkTensorLike('linear', 'bias', bias, x);
    checkShapeIs('linear', 'bias', bias, [outFeatures]);
  }

  const rows = x.data.length / inFeatures;
  const geometry = Int32Array.of(rows, inFeatures, outFeatures);
  const y = uninitializedLike(x.data, rows * outFeatures);
  const xData = x.data;
  const weightData = weight.data;
  addon.linearForward(geometry, xData, weightData, bias?.data ?? null, y);
  const inputs = bias == null ? [x, weight] : [x, weight, bias];
  return result('linear', inputs, y, [...x.shape.slice(0, -1), outFeatures], (dy, needs) => {
    const dx = needs[0] ? acquireLike(xData) : null;
    const dw = needs[1] || needs[2] ? acquireLike(weightData) : null;
    const dbias = needs[2] ? acquire(outFeatures, dy) : null;
    if (dx !== null) addon.linearBackwardInput(geometry, dy, weightData, dx);
    if (dw !== null) addon.linearBackwardWeight(geometry, xData, dy, dw, dbias);
    return [dx, dw, dbias];
  });
}
