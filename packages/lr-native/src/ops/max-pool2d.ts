import { checkBoolean, checkRange, checkShape } from '@org/lr-core';
import { addon } from '../addon.ts';
import { acquire, release } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkNdim, checkPair, checkTensor, result } from './op.ts';
import type { Pair } from './op.ts';

export interface MaxPool2dOptions {
  kernelSize: Pair;
  /** Default: kernelSize. */
  stride?: Pair;
  /** Never the maximum; at most half of the kernel. Default 0. */
  padding?: Pair;
  /** Default 1. */
  dilation?: Pair;
  /** Whether the last window may reach past the image; default false. */
  ceilMode?: boolean;
}

/** Options of a pooling window, checked. */
export interface PoolGeometry {
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
  ceilMode: boolean;
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkPoolOptions(op: string, options: MaxPool2dOptions): PoolGeometry {
  const kernel = checkPair(op, 'kernelSize', options?.kernelSize, 1);
  const stride = checkPair(op, 'stride', options.stride ?? options.kernelSize, 1);
  const padding = checkPair(op, 'padding', options.padding ?? 0, 0);
  const dilation = checkPair(op, 'dilation', options.dilation ?? 1, 1);
  const { ceilMode = false } = options;
  checkBoolean(op, 'ceilMode', ceilMode);
  const half = [Math.floor(kernel[0] / 2), Math.floor(kernel[1] / 2)] as const;
  const fits = padding[0] <= half[0] && padding[1] <= half[1];
  checkRange(fits, op, 'padding', `at most half of the kernel, [${half.join(', ')}],`, options.padding);
  return { kernel, stride, padding, dilation, ceilMode };
}

/**
 * The number of windows along one dimension: PyTorch's `pooling_output_shape`. With ceilMode the last window starts
 * inside the image or the padding before it.
 */
export function pooledLength(
  length: number,
  { kernel, stride, padding, dilation, ceilMode }: PoolGeometry,
  axis: 0 | 1,
): number {
  const span = length + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1;
  if (span < 0) return 0;
  const steps = span / stride[axis];
  const windows = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceilMode && (windows - 1) * stride[axis] >= length + padding[axis] ? windows - 1 : windows;
}

/**
 * The maximum of every window; the first of equals has the gradient, and a NaN is a maximum.
 * As `torch.nn.functional.max_pool2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @returns (N, C, outH, outW) or (C, outH, outW)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function maxPool2d(x: Tensor, options: MaxPool2dOptions): Tensor {
  checkTensor('maxPool2d', 'x', x);
  checkNdim('maxPool2d', 'x', x, ['(N, C, H, W)', '(C, H, W)']);
  const pool = checkPoolOptions('maxPool2d', options);
  const [inHeight, inWidth] = x.shape.slice(-2) as [number, number];
  const outHeight = pooledLength(inHeight, pool, 0);
  const outWidth = pooledLength(inWidth, pool, 1);
  checkShape(outHeight > 0 && outWidth > 0, 'maxPool2d', 'x', 'at least as large as the window', x.shape);

  const { kernel, stride, padding, dilation } = pool;
  const planes = x.data.length / (inHeight * inWidth);
  const geometry = Int32Array.of(
    planes, inHeight, inWidth, outHeight, outWidth, kernel[0], kernel[1],
    stride[0], stride[1], padding[0], padding[1], dilation[0], dilation[1],
  ); // prettier-ignore
  const y = new Float32Array(planes * outHeight * outWidth);
  const scratch = acquire(y.length);
  const index = new Int32Array(scratch.buffer, scratch.byteOffset, scratch.length);
  addon.maxPool2dForward(geometry, x.data, y, index);
  const inLength = x.data.length;
  const shape = [...x.shape.slice(0, -2), outHeight, outWidth];
  return result(
    'maxPool2d',
    [x],
    y,
    shape,
    (dy) => {
      const dx = acquire(inLength);
      addon.maxPool2dBackward(geometry, dy, index, dx);
      return [dx];
    },
    () => release(scratch),
    { ...pool },
  );
}
