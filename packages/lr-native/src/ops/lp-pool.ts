/** Norms over windows. */
import { checkNumber, checkRange } from '@org/lr-core';
import type { RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { abs, sign } from './unary.ts';
import { mul, pow } from './arithmetic.ts';
import { relu } from './activations.ts';
import { avgPool1d, avgPool2d } from './avg-pool.ts';
import { checkPoolOptions } from './max-pool.ts';
import { checkTensor } from './op.ts';
import type { Pair, Spatial } from './op.ts';

export interface LpPoolOptions<Size> {
  /** The order of the norm; not 0. */
  normType: number;
  kernelSize: Size;
  /** Default: kernelSize. */
  stride?: Size;
  /** Whether the last window may reach past the image, what lies outside being as the mean inside; default false. */
  ceilMode?: boolean;
}
export type LpPool1dOptions = LpPoolOptions<number>;
export type LpPool2dOptions = LpPoolOptions<Pair>;

/** The options without normType, as pooling has them. @throws ArgumentError, ArgumentRangeError */
export function checkLpPoolOptions(
  op: string,
  options: LpPoolOptions<Pair>,
  spatial: Spatial,
): ReturnType<typeof checkPoolOptions> {
  const { normType, kernelSize, stride, ceilMode } = options ?? {};
  checkNumber(op, 'normType', normType);
  checkRange(normType !== 0, op, 'normType', 'a number other than 0', normType);
  const window = {
    kernelSize,
    ...(stride === undefined ? {} : { stride }),
    ...(ceilMode === undefined ? {} : { ceilMode }),
  };
  return checkPoolOptions(op, window, spatial);
}

/** PyTorch's formula, of means and their signs. */
function lpPool<D extends RealDType>(
  means: Tensor<D>,
  normType: number,
  [height, width]: readonly [number, number],
): Tensor<D> {
  return pow(mul(mul(sign(means), relu(abs(means))), height * width), 1 / normType);
}

/**
 * The p-norm of every window, without magnitudes: the p-th root of the sum of xᵖ. As
 * `torch.nn.functional.lp_pool2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function lpPool2d<D extends RealDType>(x: Tensor<D>, options: LpPool2dOptions): Tensor<D> {
  checkTensor('lpPool2d', 'x', x);
  const { kernel, stride, ceilMode } = checkLpPoolOptions('lpPool2d', options, 2);
  const means = avgPool2d(pow(x, options.normType), { kernelSize: kernel, stride, ceilMode });
  return lpPool(means, options.normType, kernel);
}

/**
 * As lpPool2d, of signals. As `torch.nn.functional.lp_pool1d`.
 *
 * @param x (N, C, L) or (C, L)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function lpPool1d<D extends RealDType>(x: Tensor<D>, options: LpPool1dOptions): Tensor<D> {
  checkTensor('lpPool1d', 'x', x);
  const { kernel, stride, ceilMode } = checkLpPoolOptions('lpPool1d', options, 1);
  const means = avgPool1d(pow(x, options.normType), { kernelSize: kernel[1], stride: stride[1], ceilMode });
  return lpPool(means, options.normType, kernel);
}
