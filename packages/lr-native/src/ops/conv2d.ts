/** Convolutions: conv2d, and conv1d as that of images of one row. */
import { ArgumentRangeError, checkInteger, checkRange, checkShape, message } from '@org/lr-core';
import { CONV_ALGORITHM } from '../addon-types.ts';
import type { ConvAlgorithm } from '../addon-types.ts';
import { addon } from '../addon.ts';
import type { Backward } from '../autograd.ts';
import { uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquire, acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import {
  checkChoice,
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

/** Options of a convolution over sizes of one kind: a number for signals, a number or a pair for images. */
export interface ConvOptions<Size> {
  /** Default 1. */
  stride?: Size;
  /** Zeros on every side, `'valid'` for none, `'same'` for an output of the input's size (stride 1); default 0. */
  padding?: Size | 'same' | 'valid';
  /** Distance between the taps of the kernel; default 1. */
  dilation?: Size;
  /** Groups of channels that do not mix; default 1. */
  groups?: number;
}
export interface ConvAlgorithmOption {
  /** How it is computed: see {@link setConvAlgorithm}, whose choice is the default. */
  convAlgorithm?: ConvAlgorithm;
}
export type Conv2dOptions = ConvOptions<Pair> & ConvAlgorithmOption;
export type Conv1dOptions = ConvOptions<number>;

const algorithms = Object.keys(CONV_ALGORITHM) as ConvAlgorithm[];
let globalAlgorithm: ConvAlgorithm = 'auto';

/** @throws ArgumentError */
export function checkConvAlgorithm(op: string, value: unknown): ConvAlgorithm | undefined {
  if (value === undefined) return undefined;
  checkChoice(op, 'convAlgorithm', value, algorithms);
  return value;
}

/**
 * Chooses how convolutions that have no `convAlgorithm` of their own are computed, forward and backward. Not in PyTorch;
 * the algorithms are those of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015).
 *
 * - `'auto'` (the default): `'winograd4'` for kernels of 3 by 3 with stride 1, no dilation, no groups, padding up to 2
 *   and at least 32 channels in and out, else `'direct'`. It depends on the shape alone.
 * - `'direct'`: sums of products, as written.
 * - `'winograd2'`: F(2x2, 3x3), 2.25 times fewer products than direct, with errors 1 to 2.5 times as large.
 * - `'winograd4'`: F(4x4, 3x3) with the points 0, ±1, 1/2, -2: 4 times fewer products, with errors 3 to 8 times as large.
 *
 * Where the kernel, stride, dilation, groups or padding do not allow a Winograd algorithm, direct is taken.
 * Errors against double precision (inputs N(0, 1), weights U(-1, 1) / √(9 C), C channels in and out), the largest and
 * the rms over the output's rms:
 *
 * | C   | pass    | direct            | winograd2         | winograd4         |
 * | --- | ------- | ----------------- | ----------------- | ----------------- |
 * | 64  | forward | 1.8e-6 and 2.5e-7 | 1.9e-6 and 2.7e-7 | 1.1e-5 and 1.1e-6 |
 * | 64  | input   | 1.8e-6 and 2.5e-7 | 1.8e-6 and 2.6e-7 | 9.9e-6 and 1.1e-6 |
 * | 64  | weight  | 1.4e-6 and 2.5e-7 | 4.0e-6 and 6.0e-7 | 1.4e-5 and 1.3e-6 |
 * | 256 | forward | 1.4e-6 and 2.5e-7 | 2.8e-6 and 5.0e-7 | 2.1e-5 and 2.0e-6 |
 * | 256 | input   | 1.5e-6 and 2.5e-7 | 2.9e-6 and 5.0e-7 | 1.8e-5 and 2.0e-6 |
 * | 256 | weight  | 2.6e-6 and 2.4e-7 | 2.2e-6 and 2.4e-7 | 6.7e-6 and 7.0e-7 |
 *
 * A Winograd algorithm mixes the elements of a tile of 4 by 4 or 6 by 6 inputs: an infinity or a NaN in one of them
 * makes NaN of the outputs of its whole tile, which direct confines to the outputs that read it. On integers small
 * enough for float32, `'direct'` and `'winograd2'` are exact (winograd2 divides by 4 alone); `'winograd4'` is not, since
 * it divides by 3 and 15.
 *
 * @throws ArgumentError
 */
export function setConvAlgorithm(convAlgorithm: ConvAlgorithm): void {
  checkChoice('setConvAlgorithm', 'convAlgorithm', convAlgorithm, algorithms);
  globalAlgorithm = convAlgorithm;
}

export function getConvAlgorithm(): ConvAlgorithm {
  return globalAlgorithm;
}

/** The field `algorithm` of the geometry of a convolution. @throws ArgumentError */
export function algorithmOf(op: string, options: ConvAlgorithmOption): number {
  return CONV_ALGORITHM[checkConvAlgorithm(op, options.convAlgorithm) ?? globalAlgorithm];
}

/** Options of a convolution, checked: what does not depend on the input. */
export interface Conv2dGeometry {
  stride: [number, number];
  /** Zeros above and to the left, below and to the right. */
  padding: { before: [number, number]; after: [number, number] };
  dilation: [number, number];
  groups: number;
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkConvOptions(
  op: string,
  options: ConvOptions<Pair>,
  kernel: [number, number],
  spatial: Spatial,
): Conv2dGeometry {
  const stride = checkSpatial(op, 'stride', options.stride ?? 1, 1, spatial, 1);
  const dilation = checkSpatial(op, 'dilation', options.dilation ?? 1, 1, spatial, 1);
  const groups = options.groups ?? 1;
  checkInteger(op, 'groups', groups, 1);
  const { padding = 0 } = options;
  if (padding === 'same') {
    checkRange(stride[0] === 1 && stride[1] === 1, op, 'stride', "1 where padding is 'same'", options.stride);
    const total = [0, 1].map((i) => dilation[i]! * (kernel[i]! - 1)) as [number, number];
    const before: [number, number] = [Math.floor(total[0] / 2), Math.floor(total[1] / 2)];
    return {
      stride,
      padding: { before, after: [total[0] - before[0], total[1] - before[1]] },
      dilation,
      groups,
    };
  }
  if (typeof padding === 'string' && padding !== 'valid') {
    const choices = spatial === 2 ? "a number, a pair, 'same' or 'valid'" : "a number, 'same' or 'valid'";
    throw new ArgumentRangeError(message(op, 'padding', choices, padding));
  }
  const both: [number, number] =
    padding === 'valid' ? [0, 0] : checkSpatial(op, 'padding', padding, 0, spatial, 0);
  return { stride, padding: { before: both, after: both }, dilation, groups };
}

/** x as conv2d or conv1d have it; a signal is an image of one row. */
function convolution<D extends RealDType>(
  op: string,
  spatial: Spatial,
  x: Tensor<D>,
  weight: Tensor<D>,
  bias: Tensor<D> | null | undefined,
  options: Conv2dOptions,
): Tensor<D> {
  checkTensor(op, 'x', x);
  checkTensorLike(op, 'weight', weight, x);
  checkNdim(op, 'x', x, layoutsOf(spatial));
  const kernelLayout = spatial === 2 ? 'kernelHeight, kernelWidth' : 'kernelLength';
  checkNdim(op, 'weight', weight, [`(outChannels, inChannels / groups, ${kernelLayout})`]);
  const [outChannels, groupChannels] = weight.shape as [number, number];
  const kernel = spatialSize(weight, spatial);
  const checked = checkConvOptions(op, options, kernel, spatial);
  const { stride, padding, dilation, groups } = checked;
  const algorithm = algorithmOf(op, options);
  const [inHeight, inWidth] = spatialSize(x, spatial);
  const inChannels = x.shape.at(-1 - spatial)!;
  checkRange(outChannels % groups === 0, op, 'groups', `a divisor of outChannels (${outChannels})`, groups);
  const channels = groupChannels * groups;
  const expected = `of ${channels} channels, as weight takes ${groupChannels} in each of ${groups} groups,`;
  checkShape(inChannels === channels, op, 'x', expected, x.shape);
  if (bias != null) {
    checkTensorLike(op, 'bias', bias, x);
    checkShapeIs(op, 'bias', bias, [outChannels]);
  }
  const extent = [dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1] as const;
  const spanHeight = inHeight + padding.before[0] + padding.after[0] - extent[0];
  const spanWidth = inWidth + padding.before[1] + padding.after[1] - extent[1];
  const kernelFits = `at least as large, with padding, as the dilated kernel (${extent.slice(-spatial).join(', ')})`;
  checkShape(spanHeight >= 0 && spanWidth >= 0, op, 'x', kernelFits, x.shape);
  const outHeight = Math.floor(spanHeight / stride[0]) + 1;
  const outWidth = Math.floor(spanWidth / stride[1]) + 1;

  const isBatch = x.ndim === spatial + 2;
  const batch = isBatch ? x.shape[0]! : 1;
  const geometry = Int32Array.of(
    batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth, ...kernel,
    ...stride, ...padding.before, ...dilation, groups, algorithm, 0,
  ); // prettier-ignore
  const y = uninitializedLike(x.data, batch * outChannels * outHeight * outWidth);
  const xData = x.data;
  const weightData = weight.data;
  addon.conv2dForward(geometry, xData, weightData, bias?.data ?? null, y);
  const item = [outChannels, ...[outHeight, outWidth].slice(-spatial)];
  const inputs = bias == null ? [x, weight] : [x, weight, bias];
  const backward: Backward<D> = (dy, needs) => {
    const dx = needs[0] ? acquireLike(xData) : null;
    const dw = needs[1] || needs[2] ? acquireLike(weightData) : null;
    const dbias = needs[2] ? acquire(outChannels, dy) : null;
    if (dx !== null) addon.conv2dBackwardInput(geometry, dy, weightData, dx);
    if (dw !== null) addon.conv2dBackwardWeight(geometry, xData, dy, dw, dbias);
    return [dx, dw, dbias];
  };
  return result(op, inputs, y, isBatch ? [batch, ...item] : item, backward, null, { ...checked });
}

/**
 * 2-D convolution (cross-correlation). As `torch.nn.functional.conv2d`.
 *
 * @param x (N, inChannels, H, W) or (inChannels, H, W)
 * @param weight (outChannels, inChannels / groups, kernelHeight, kernelWidth)
 * @param bias (outChannels)
 * @returns (N, outChannels, outH, outW) or (outChannels, outH, outW), where
 *   outH = floor((H + padding above and below - dilation · (kernelHeight - 1) - 1) / stride) + 1
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function conv2d<D extends RealDType>(
  x: Tensor<D>,
  weight: Tensor<D>,
  bias?: Tensor<D> | null,
  options: Conv2dOptions = {},
): Tensor<D> {
  return convolution('conv2d', 2, x, weight, bias, options);
}

/**
 * 1-D convolution (cross-correlation). As `torch.nn.functional.conv1d`.
 *
 * @param x (N, inChannels, L) or (inChannels, L)
 * @param weight (outChannels, inChannels / groups, kernelLength)
 * @param bias (outChannels)
 * @returns (N, outChannels, outL) or (outChannels, outL)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function conv1d<D extends RealDType>(
  x: Tensor<D>,
  weight: Tensor<D>,
  bias?: Tensor<D> | null,
  options: Conv1dOptions = {},
): Tensor<D> {
  return convolution('conv1d', 1, x, weight, bias, options);
}
