/**
 * Transposed convolutions: the gradient of a convolution as an op. Forward is the convolution's gradient of its input,
 * the gradient of the input its forward pass.
 */
import { checkInteger, checkRange, checkShape } from '@org/lr-core';
import { addon } from '../addon.ts';
import type { Backward } from '../autograd.ts';
import { uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { add } from './arithmetic.ts';
import { algorithmOf } from './conv2d.ts';
import {
  checkNdim,
  checkShapeIs,
  checkSpatial,
  checkTensor,
  checkTensorLike,
  layoutsOf,
  result,
  spatialSize,
} from './op.ts';
import type { Pair, Spatial } from './op.ts';
import { reshape } from './reshape.ts';

/** Options over sizes of one kind: a number for signals, a number or a pair for images. */
export interface ConvTransposeOptions<Size> {
  /** Default 1. */
  stride?: Size;
  /** Rows and columns left off on every side of the output; default 0. */
  padding?: Size;
  /** Rows and columns added below and to the right of the output; less than stride or dilation. Default 0. */
  outputPadding?: Size;
  /** Distance between the taps of the kernel; default 1. */
  dilation?: Size;
  /** Groups of channels that do not mix; default 1. */
  groups?: number;
}
export type ConvTranspose2dOptions = ConvTransposeOptions<Pair>;
export type ConvTranspose1dOptions = ConvTransposeOptions<number>;

export interface ConvTransposeGeometry {
  stride: [number, number];
  padding: [number, number];
  outputPadding: [number, number];
  dilation: [number, number];
  groups: number;
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkConvTransposeOptions(
  op: string,
  options: ConvTransposeOptions<Pair>,
  spatial: Spatial,
): ConvTransposeGeometry {
  const stride = checkSpatial(op, 'stride', options.stride ?? 1, 1, spatial, 1);
  const padding = checkSpatial(op, 'padding', options.padding ?? 0, 0, spatial, 0);
  const outputPadding = checkSpatial(op, 'outputPadding', options.outputPadding ?? 0, 0, spatial, 0);
  const dilation = checkSpatial(op, 'dilation', options.dilation ?? 1, 1, spatial, 1);
  const groups = options.groups ?? 1;
  checkInteger(op, 'groups', groups, 1);
  const fits = outputPadding.every((size, i) => size < Math.max(stride[i]!, dilation[i]!));
  checkRange(fits, op, 'outputPadding', 'less than stride or dilation', options.outputPadding);
  return { stride, padding, outputPadding, dilation, groups };
}

function convTranspose<D extends RealDType>(
  op: string,
  spatial: Spatial,
  x: Tensor<D>,
  weight: Tensor<D>,
  bias: Tensor<D> | null | undefined,
  options: ConvTransposeOptions<Pair>,
): Tensor<D> {
  checkTensor(op, 'x', x);
  checkTensorLike(op, 'weight', weight, x);
  checkNdim(op, 'x', x, layoutsOf(spatial));
  const kernelLayout = spatial === 2 ? 'kernelHeight, kernelWidth' : 'kernelLength';
  checkNdim(op, 'weight', weight, [`(inChannels, outChannels / groups, ${kernelLayout})`]);
  const [inChannels, groupChannels] = weight.shape as [number, number];
  const kernel = spatialSize(weight, spatial);
  const checked = checkConvTransposeOptions(op, options, spatial);
  const { stride, padding, outputPadding, dilation, groups } = checked;
  checkRange(inChannels % groups === 0, op, 'groups', `a divisor of inChannels (${inChannels})`, groups);
  checkShape(x.shape.at(-1 - spatial) === inChannels, op, 'x', `of ${inChannels} channels`, x.shape);
  const outChannels = groupChannels * groups;
  if (bias != null) {
    checkTensorLike(op, 'bias', bias, x);
    checkShapeIs(op, 'bias', bias, [outChannels]);
  }
  const inSize = spatialSize(x, spatial);
  const outSize = inSize.map(
    (length, i) =>
      (length - 1) * stride[i]! - 2 * padding[i]! + dilation[i]! * (kernel[i]! - 1) + outputPadding[i]! + 1,
  );
  const isLeft = outSize.every((length) => length >= 1);
  checkShape(isLeft, op, 'x', 'large enough for an output with the padding left off', x.shape);

  const isBatch = x.ndim === spatial + 2;
  const batch = isBatch ? x.shape[0]! : 1;
  // Of the convolution whose gradient this is: its input is our output.
  const geometry = Int32Array.of(
    batch, outChannels, ...outSize, inChannels, ...inSize, ...kernel,
    ...stride, ...padding, ...dilation, groups, algorithmOf(op, {}), 0,
  ); // prettier-ignore
  const xData = x.data;
  const weightData = weight.data;
  const y = uninitializedLike(xData, batch * outChannels * outSize[0]! * outSize[1]!);
  addon.conv2dBackwardInput(geometry, xData, weightData, y);
  const item = [outChannels, ...outSize.slice(-spatial)];
  const backward: Backward<D> = (dy, needs) => {
    const dx = needs[0] ? acquireLike(xData) : null;
    const dw = needs[1] ? acquireLike(weightData) : null;
    if (dx !== null) addon.conv2dForward(geometry, dy, weightData, null, dx);
    if (dw !== null) addon.conv2dBackwardWeight(geometry, dy, xData, dw, null);
    return [dx, dw];
  };
  const shape = isBatch ? [batch, ...item] : item;
  const product = result(op, [x, weight], y, shape, backward, null, { ...checked });
  return bias == null
    ? product
    : add(product, reshape(bias, [outChannels, ...kernel.slice(-spatial).fill(1)]));
}

/**
 * 2-D transposed convolution: what conv2d's gradient of its input is. As `torch.nn.functional.conv_transpose2d`.
 *
 * @param x (N, inChannels, H, W) or (inChannels, H, W)
 * @param weight (inChannels, outChannels / groups, kernelHeight, kernelWidth)
 * @param bias (outChannels)
 * @returns (N, outChannels, outH, outW) or (outChannels, outH, outW), where
 *   outH = (H - 1) · stride - 2 · padding + dilation · (kernelHeight - 1) + outputPadding + 1
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function convTranspose2d<D extends RealDType>(
  x: Tensor<D>,
  weight: Tensor<D>,
  bias?: Tensor<D> | null,
  options: ConvTranspose2dOptions = {},
): Tensor<D> {
  return convTranspose('convTranspose2d', 2, x, weight, bias, options);
}

/**
 * 1-D transposed convolution. As `torch.nn.functional.conv_transpose1d`.
 *
 * @param x (N, inChannels, L) or (inChannels, L)
 * @param weight (inChannels, outChannels / groups, kernelLength)
 * @param bias (outChannels)
 * @returns (N, outChannels, outL) or (outChannels, outL)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function convTranspose1d<D extends RealDType>(
  x: Tensor<D>,
  weight: Tensor<D>,
  bias?: Tensor<D> | null,
  options: ConvTranspose1dOptions = {},
): Tensor<D> {
  return convTranspose('convTranspose1d', 1, x, weight, bias, options);
}
