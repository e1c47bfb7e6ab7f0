/** Maxima over windows, of a given size or as many as asked for, and their inverse. */
import { checkBoolean, checkRange, checkShape, checkType } from '@org/lr-core';
import { addon } from '../addon.ts';
import type { Attributes } from '../autograd.ts';
import { beforeReplay } from '../capture.ts';
import { hostOf } from '../device-array.ts';
import { newUninitialized, uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireInt32, acquireLike, releaseInt32 } from '../pool.ts';
import { Tensor } from '../tensor.ts';
import { adaptiveSpans, checkOutputSize } from './avg-pool.ts';
import type { AdaptivePoolOptions, OutputSize } from './avg-pool.ts';
import {
  checkNdim,
  checkOneDevice,
  checkShapeIs,
  checkSpatial,
  checkTensor,
  layoutsOf,
  result,
  spatialSize,
} from './op.ts';
import type { Pair, Spatial } from './op.ts';

/** Options over sizes of one kind: a number for signals, a number or a pair for images. */
export interface PoolOptions<Size> {
  kernelSize: Size;
  /** Default: kernelSize. */
  stride?: Size;
  /** Never the maximum; at most half of the kernel. Default 0. */
  padding?: Size;
  /** Whether the last window may reach past the image; default false. */
  ceilMode?: boolean;
}
export interface MaxPoolOptions<Size> extends PoolOptions<Size> {
  /** Distance between the elements of a window; default 1. */
  dilation?: Size;
}
export type MaxPool2dOptions = MaxPoolOptions<Pair>;
export type MaxPool1dOptions = MaxPoolOptions<number>;

/** Has the op return the flat position of each maximum in its input plane, too. */
export interface WithIndices {
  returnIndices: true;
}
export type Pooled<D extends RealDType> = [y: Tensor<D>, indices: Tensor<'int32'>];

/** Options of a pooling window, checked. */
export interface PoolGeometry {
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
  ceilMode: boolean;
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkPoolOptions(op: string, options: MaxPoolOptions<Pair>, spatial: Spatial): PoolGeometry {
  const kernel = checkSpatial(op, 'kernelSize', options?.kernelSize, 1, spatial, 1);
  const stride = checkSpatial(op, 'stride', options.stride ?? options.kernelSize, 1, spatial, 1);
  const padding = checkSpatial(op, 'padding', options.padding ?? 0, 0, spatial, 0);
  const dilation = checkSpatial(op, 'dilation', options.dilation ?? 1, 1, spatial, 1);
  const { ceilMode = false } = options;
  checkBoolean(op, 'ceilMode', ceilMode);
  const half = [Math.floor(kernel[0] / 2), Math.floor(kernel[1] / 2)] as const;
  const fits = padding[0] <= half[0] && padding[1] <= half[1];
  const most = half.slice(-spatial).join(', ');
  checkRange(fits, op, 'padding', `at most half of the kernel, [${most}],`, options.padding);
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

/** y of `size` maxima of each plane, which `forward` finds with their positions. */
function maxima<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  spatial: Spatial,
  size: readonly [number, number],
  returnIndices: boolean,
  forward: (y: Tensor<D>['data'], index: Int32Array) => void,
  attributes: Attributes,
): Tensor<D> | Pooled<D> {
  const inSize = spatialSize(x, spatial);
  const planes = x.data.length / (inSize[0] * inSize[1]);
  const y = uninitializedLike(x.data, planes * size[0] * size[1]);
  const index = returnIndices ? newUninitialized(y, 'int32', y.length) : acquireInt32(y.length, y);
  forward(y, index);
  const xData = x.data;
  const shape = [...x.shape.slice(0, -spatial), ...size.slice(-spatial)];
  const backward = scatterGeometry(planes, inSize, size);
  const pooled = result<D>(
    op,
    [x],
    y,
    shape,
    (dy) => {
      const dx = acquireLike(xData);
      addon.maxPool2dBackward(backward, dy, index, dx);
      return [dx];
    },
    () => {
      if (!returnIndices) releaseInt32(index);
    },
    attributes,
  );
  return returnIndices ? [pooled, new Tensor<'int32'>(index, shape)] : pooled;
}

/** The geometry of a scatter of `size` elements into planes of `into`, by position. */
function scatterGeometry(
  planes: number,
  into: readonly [number, number],
  size: readonly [number, number],
): Int32Array {
  return Int32Array.of(planes, ...into, ...size, 1, 1, 1, 1, 0, 0, 1, 1);
}

function maxPool<D extends RealDType>(
  op: string,
  spatial: Spatial,
  x: Tensor<D>,
  options: MaxPoolOptions<Pair> & Partial<WithIndices>,
): Tensor<D> | Pooled<D> {
  checkTensor(op, 'x', x);
  checkNdim(op, 'x', x, layoutsOf(spatial));
  const pool = checkPoolOptions(op, options, spatial);
  const [inHeight, inWidth] = spatialSize(x, spatial);
  const size = [pooledLength(inHeight, pool, 0), pooledLength(inWidth, pool, 1)] as const;
  checkShape(size[0] > 0 && size[1] > 0, op, 'x', 'at least as large as the window', x.shape);
  const { returnIndices = false } = options;
  checkBoolean(op, 'returnIndices', returnIndices);
  const { kernel, stride, padding, dilation } = pool;
  const planes = x.data.length / (inHeight * inWidth);
  const geometry = Int32Array.of(
    planes, inHeight, inWidth, ...size, ...kernel, ...stride, ...padding, ...dilation,
  ); // prettier-ignore
  const forward = (y: Tensor<D>['data'], index: Int32Array): void =>
    addon.maxPool2dForward(geometry, x.data, y, index);
  return maxima(op, x, spatial, size, returnIndices, forward, { ...pool });
}

/**
 * The maximum of every window; the first of equals has the gradient, and a NaN is a maximum.
 * As `torch.nn.functional.max_pool2d`; with `returnIndices`, the positions of the maxima in their planes as int32, too.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @returns (N, C, outH, outW) or (C, outH, outW)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function maxPool2d<D extends RealDType>(
  x: Tensor<D>,
  options: MaxPool2dOptions & WithIndices,
): Pooled<D>;
export function maxPool2d<D extends RealDType>(x: Tensor<D>, options: MaxPool2dOptions): Tensor<D>;
export function maxPool2d<D extends RealDType>(
  x: Tensor<D>,
  options: MaxPool2dOptions,
): Tensor<D> | Pooled<D> {
  return maxPool('maxPool2d', 2, x, options);
}

/**
 * As maxPool2d, of signals. As `torch.nn.functional.max_pool1d`.
 *
 * @param x (N, C, L) or (C, L)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function maxPool1d<D extends RealDType>(
  x: Tensor<D>,
  options: MaxPool1dOptions & WithIndices,
): Pooled<D>;
export function maxPool1d<D extends RealDType>(x: Tensor<D>, options: MaxPool1dOptions): Tensor<D>;
export function maxPool1d<D extends RealDType>(
  x: Tensor<D>,
  options: MaxPool1dOptions,
): Tensor<D> | Pooled<D> {
  return maxPool('maxPool1d', 1, x, options);
}

function adaptiveMaxPool<D extends RealDType>(
  op: string,
  spatial: Spatial,
  x: Tensor<D>,
  options: AdaptivePoolOptions<OutputSize> & Partial<WithIndices>,
): Tensor<D> | Pooled<D> {
  checkTensor(op, 'x', x);
  checkNdim(op, 'x', x, layoutsOf(spatial));
  const size = checkOutputSize(op, options?.outputSize, spatial);
  const { returnIndices = false } = options;
  checkBoolean(op, 'returnIndices', returnIndices);
  const inSize = spatialSize(x, spatial);
  const out = [size[0] ?? inSize[0], size[1] ?? inSize[1]] as const;
  const geometry = Int32Array.of(x.data.length / (inSize[0] * inSize[1]), ...inSize, ...out);
  const [rows, columns] = [adaptiveSpans(inSize[0], out[0]), adaptiveSpans(inSize[1], out[1])];
  const forward = (y: Tensor<D>['data'], index: Int32Array): void =>
    addon.windowMaxForward(geometry, rows, columns, x.data, y, index);
  return maxima(op, x, spatial, out, returnIndices, forward, {});
}

/**
 * Maxima over as many windows as asked for, as adaptiveAvgPool2d has them.
 * As `torch.nn.functional.adaptive_max_pool2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function adaptiveMaxPool2d<D extends RealDType>(
  x: Tensor<D>,
  options: AdaptivePoolOptions<OutputSize> & WithIndices,
): Pooled<D>;
export function adaptiveMaxPool2d<D extends RealDType>(
  x: Tensor<D>,
  options: AdaptivePoolOptions<OutputSize>,
): Tensor<D>;
export function adaptiveMaxPool2d<D extends RealDType>(
  x: Tensor<D>,
  options: AdaptivePoolOptions<OutputSize>,
): Tensor<D> | Pooled<D> {
  return adaptiveMaxPool('adaptiveMaxPool2d', 2, x, options);
}

/**
 * As adaptiveMaxPool2d, of signals. As `torch.nn.functional.adaptive_max_pool1d`.
 *
 * @param x (N, C, L) or (C, L)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function adaptiveMaxPool1d<D extends RealDType>(
  x: Tensor<D>,
  options: AdaptivePoolOptions<number> & WithIndices,
): Pooled<D>;
export function adaptiveMaxPool1d<D extends RealDType>(
  x: Tensor<D>,
  options: AdaptivePoolOptions<number>,
): Tensor<D>;
export function adaptiveMaxPool1d<D extends RealDType>(
  x: Tensor<D>,
  options: AdaptivePoolOptions<number>,
): Tensor<D> | Pooled<D> {
  return adaptiveMaxPool('adaptiveMaxPool1d', 1, x, options);
}

export interface MaxUnpool2dOptions extends Omit<PoolOptions<Pair>, 'ceilMode'> {
  /** Height and width of the output; default: the least from which the windows give x. */
  outputSize?: readonly [number, number];
}

/**
 * Elements put where the maxima of maxPool2d were, zeros elsewhere; positions that occur twice add up.
 * As `torch.nn.functional.max_unpool2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @param indices of maxPool2d with `returnIndices`, of the shape of x
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function maxUnpool2d<D extends RealDType>(
  x: Tensor<D>,
  indices: Tensor<'int32'>,
  options: MaxUnpool2dOptions,
): Tensor<D> {
  const op = 'maxUnpool2d';
  checkTensor(op, 'x', x);
  checkNdim(op, 'x', x, layoutsOf(2));
  checkTensor(op, 'indices', indices, ['int32']);
  checkShapeIs(op, 'indices', indices, x.shape);
  checkOneDevice(op, [x, indices]);
  const { kernel, stride, padding } = checkPoolOptions(op, options, 2);
  const size = spatialSize(x, 2);
  const least = size.map((length, i) => (length - 1) * stride[i]! - 2 * padding[i]! + kernel[i]!);
  const { outputSize = least as [number, number] } = options;
  checkType(Array.isArray(outputSize), op, 'outputSize', 'a pair [height, width]', outputSize);
  const out = checkSpatial(op, 'outputSize', outputSize, 1, 2, 1);
  const area = out[0] * out[1];
  const index = indices.data;
  beforeReplay(() => {
    const positions = hostOf(index);
    const wrong = positions.findIndex((i) => !(i >= 0 && i < area));
    const expectation = `a position from 0 to ${area - 1}`;
    checkRange(wrong < 0, op, `indices[${wrong}]`, expectation, positions[wrong]);
  });
  const planes = x.data.length / (size[0] * size[1]);
  const y = uninitializedLike(x.data, planes * area);
  const geometry = scatterGeometry(planes, out, size);
  addon.maxPool2dBackward(geometry, x.data, index, y);
  return result(op, [x], y, [...x.shape.slice(0, -2), ...out], (dy) => {
    const dx = acquireLike(x.data);
    addon.maxUnpool2dBackward(geometry, dy, index, dx);
    return [dx];
  });
}
