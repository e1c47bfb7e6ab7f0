import { checkShape } from '@org/lr-core';
import type { RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { matmul } from './matmul.ts';
import { checkNdim, checkShapeIs, checkTensor, checkTensorLike } from './op.ts';
import { permute } from './permute.ts';
import { sum } from './reduce.ts';
import { reshape } from './reshape.ts';

/**
 * y[o] = x1 · weight[o] · x2 + bias[o] on the last dimensions. As `torch.nn.functional.bilinear`.
 *
 * @param x1 (*, in1Features)
 * @param x2 (*, in2Features)
 * @param weight (outFeatures, in1Features, in2Features)
 * @param bias (outFeatures)
 * @returns (*, outFeatures)
 * @throws ArgumentError, ShapeError
 */
export function bilinear<D extends RealDType>(
  x1: Tensor<D>,
  x2: Tensor<D>,
  weight: Tensor<D>,
  bias?: Tensor<D> | null,
): Tensor<D> {
  checkTensor('bilinear', 'x1', x1);
  checkTensorLike('bilinear', 'x2', x2, x1);
  checkTensorLike('bilinear', 'weight', weight, x1);
  checkNdim('bilinear', 'weight', weight, ['(outFeatures, in1Features, in2Features)']);
  const [outFeatures, in1, in2] = weight.shape as [number, number, number];
  checkShape(x1.shape.at(-1) === in1, 'bilinear', 'x1', `of shape (*, ${in1})`, x1.shape);
  const lead = x1.shape.slice(0, -1);
  checkShapeIs('bilinear', 'x2', x2, [...lead, in2]);
  if (bias != null) {
    checkTensorLike('bilinear', 'bias', bias, x1);
    checkShapeIs('bilinear', 'bias', bias, [outFeatures]);
  }
  const rows = x1.data.length / in1;
  // (rows, in1) · (in1, outFeatures · in2), then each row's matrix times its x2
  const left = matmul(
    reshape(x1, [rows, in1]),
    reshape(permute(weight, [1, 0, 2]), [in1, outFeatures * in2]),
  );
  const products = mul(reshape(left, [rows, outFeatures, in2]), reshape(x2, [rows, 1, in2]));
  const y = reshape(sum(products, { dim: 2 }), [...lead, outFeatures]);
  return bias == null ? y : add(y, bias);
}
