import { ArgumentRangeError, checkInteger, checkRange, checkShape, message } from '@org/lr-core';
import { addon } from '../addon.ts';
import type { Backward } from '../autograd.ts';
import { arrayLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquire, acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkNdim, checkPair, checkShapeIs, checkTensor, checkTensorLike, result } from './op.ts';
import type { Pair } from './op.ts';

export interface Conv2dOptions {
  /** Default 1. */
  stride?: Pair;
  /** Zeros on every side, `'valid'` for none, `'same'` for an output of the input's size (stride 1); default 0. */
  padding?: Pair | 'same' | 'valid';
  /** Distance between the taps of the kernel; default 1. */
  dilation?: Pair;
  /** Groups of channels that do not mix; default 1. */
  groups?: number;
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
export function checkConv2dOptions(
  op: string,
  options: Conv2dOptions,
  kernel: [number, number],
): Conv2dGeometry {
  const stride = checkPair(op, 'stride', options.stride ?? 1, 1);
  const dilation = checkPair(op, 'dilation', options.dilation ?? 1, 1);
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
    throw new ArgumentRangeError(message(op, 'padding', "a number, a pair, 'same' or 'valid'", padding));
  }
  const both = padding === 'valid' ? ([0, 0] as [number, number]) : checkPair(op, 'padding', padding, 0);
  return { stride, padding: { before: both, after: both }, dilation, groups };
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
  checkTensor('conv2d', 'x', x);
  checkTensorLike('conv2d', 'weight', weight, x);
  checkNdim('conv2d', 'x', x, ['(N, C, H, W)', '(C, H, W)']);
  checkNdim('conv2d', 'weight', weight, ['(outChannels, inChannels / groups, kernelHeight, kernelWidth)']);
  const [outChannels, groupChannels, kernelHeight, kernelWidth] = weight.shape as [
    number,
    number,
    number,
    number,
  ];
  const checked = checkConv2dOptions('conv2d', options, [kernelHeight, kernelWidth]);
  const { stride, padding, dilation, groups } = checked;
  const [inChannels, inHeight, inWidth] = x.shape.slice(-3) as [number, number, number];
  checkRange(
    outChannels % groups === 0,
    'conv2d',
    'groups',
    `a divisor of outChannels (${outChannels})`,
    groups,
  );
  const channels = groupChannels * groups;
  const expected = `of ${channels} channels, as weight takes ${groupChannels} in each of ${groups} groups,`;
  checkShape(inChannels === channels, 'conv2d', 'x', expected, x.shape);
  if (bias != null) {
    checkTensorLike('conv2d', 'bias', bias, x);
    checkShapeIs('conv2d', 'bias', bias, [outChannels]);
  }
  const spanHeight = inHeight + padding.before[0] + padding.after[0] - dilation[0] * (kernelHeight - 1) - 1;
  const spanWidth = inWidth + padding.before[1] + padding.after[1] - dilation[1] * (kernelWidth - 1) - 1;
  const kernelFits = `at least as large, with padding, as the dilated kernel (${dilation[0] * (kernelHeight - 1) + 1}, ${dilation[1] * (kernelWidth - 1) + 1})`;
  checkShape(spanHeight >= 0 && spanWidth >= 0, 'conv2d', 'x', kernelFits, x.shape);
  const outHeight = Math.floor(spanHeight / stride[0]) + 1;
  const outWidth = Math.floor(spanWidth / stride[1]) + 1;

  const batch = x.ndim === 4 ? x.shape[0]! : 1;
  const geometry = Int32Array.of(
    batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth, kernelHeight, kernelWidth,
    stride[0], stride[1], padding.before[0], padding.before[1], dilation[0], dilation[1], groups,
  ); // prettier-ignore
  const y = arrayLike(x.data, batch * outChannels * outHeight * outWidth);
  const xData = x.data;
  const weightData = weight.data;
  addon.conv2dForward(geometry, xData, weightData, bias?.data ?? null, y);
  const shape = x.ndim === 4 ? [batch, outChannels, outHeight, outWidth] : [outChannels, outHeight, outWidth];
  const inputs = bias == null ? [x, weight] : [x, weight, bias];
  const backward: Backward<D> = (dy, needs) => {
    const dx = needs[0] ? acquireLike(xData) : null;
    const dw = needs[1] || needs[2] ? acquireLike(weightData) : null;
    const dbias = needs[2] ? acquire(outChannels, dy) : null;
    if (dx !== null) addon.conv2dBackwardInput(geometry, dy, weightData, dx);
    if (dw !== null) addon.conv2dBackwardWeight(geometry, xData, dy, dw, dbias);
    return [dx, dw, dbias];
  };
  return result('conv2d', inputs, y, shape, backward, null, { ...checked });
}
