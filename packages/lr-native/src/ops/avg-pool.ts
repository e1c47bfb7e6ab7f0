/** Means over windows: of a given size, and of as many windows as asked for. */
import { checkBoolean, checkInteger, checkShape } from '@org/lr-core';
import { addon } from '../addon.ts';
import type { Attributes } from '../autograd.ts';
import { uninitializedLike } from '../dtype.ts';
import type { RealDType } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkPoolOptions, pooledLength } from './max-pool.ts';
import type { PoolGeometry, PoolOptions } from './max-pool.ts';
import { checkNdim, checkSpatial, checkTensor, layoutsOf, result, spatialSize } from './op.ts';
import type { Pair, Spatial } from './op.ts';

/** Options over sizes of one kind: a number for signals, a number or a pair for images. */
export interface AvgPoolOptions<Size> extends PoolOptions<Size> {
  /** Whether zeros of the padding count as elements; default true. */
  countIncludePad?: boolean;
}
export interface AvgPool2dOptions extends AvgPoolOptions<Pair> {
  /** What sums are divided by; default: the elements of the window. */
  divisorOverride?: number | null;
}
export type AvgPool1dOptions = AvgPoolOptions<number>;

/** y (planes, rows, columns): the means over every pair of spans, which are begin, end and what to divide by. */
function meanOver<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  spatial: Spatial,
  rows: Int32Array,
  columns: Int32Array,
  attributes: Attributes,
): Tensor<D> {
  const [height, width] = spatialSize(x, spatial);
  const planes = x.data.length / (height * width);
  const size = [rows.length / 3, columns.length / 3] as const;
  const geometry = Int32Array.of(planes, height, width, ...size);
  const xData = x.data;
  const y = uninitializedLike(xData, planes * size[0] * size[1]);
  addon.avgPool2dForward(geometry, rows, columns, xData, y);
  const shape = [...x.shape.slice(0, -spatial), ...size.slice(-spatial)];
  return result<D>(
    op,
    [x],
    y,
    shape,
    (dy) => {
      const dx = acquireLike(xData);
      addon.avgPool2dBackward(geometry, rows, columns, dy, dx);
      return [dx];
    },
    null,
    attributes,
  );
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkAvgPoolOptions(op: string, options: AvgPool2dOptions, spatial: Spatial): PoolGeometry {
  checkBoolean(op, 'countIncludePad', options?.countIncludePad ?? true);
  if (options?.divisorOverride != null) checkInteger(op, 'divisorOverride', options.divisorOverride, 1);
  return checkPoolOptions(op, { ...options, dilation: 1 }, spatial);
}

function windows(
  length: number,
  pool: PoolGeometry,
  axis: 0 | 1,
  count: (whole: number, inside: number) => number,
): Int32Array {
  const spans = new Int32Array(3 * pooledLength(length, pool, axis));
  for (let i = 0; i < spans.length / 3; i++) {
    const start = i * pool.stride[axis] - pool.padding[axis];
    const stop = Math.min(start + pool.kernel[axis], length + pool.padding[axis]);
    const begin = Math.max(start, 0);
    const end = Math.min(stop, length);
    spans.set([begin, end, count(stop - start, end - begin)], 3 * i);
  }
  return spans;
}

function avgPool<D extends RealDType>(
  op: string,
  spatial: Spatial,
  x: Tensor<D>,
  options: AvgPool2dOptions,
): Tensor<D> {
  checkTensor(op, 'x', x);
  checkNdim(op, 'x', x, layoutsOf(spatial));
  const pool = checkAvgPoolOptions(op, options, spatial);
  const { countIncludePad = true, divisorOverride = null } = options;
  const [height, width] = spatialSize(x, spatial);
  const elements = (whole: number, inside: number): number => (countIncludePad ? whole : inside);
  const rows = windows(height, pool, 0, divisorOverride === null ? elements : () => divisorOverride);
  const columns = windows(width, pool, 1, divisorOverride === null ? elements : () => 1);
  checkShape(rows.length * columns.length > 0, op, 'x', 'at least as large as the window', x.shape);
  return meanOver(op, x, spatial, rows, columns, { ...pool, countIncludePad, divisorOverride });
}

/**
 * The mean of every window. As `torch.nn.functional.avg_pool2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function avgPool2d<D extends RealDType>(x: Tensor<D>, options: AvgPool2dOptions): Tensor<D> {
  return avgPool('avgPool2d', 2, x, options);
}

/**
 * The mean of every window. As `torch.nn.functional.avg_pool1d`.
 *
 * @param x (N, C, L) or (C, L)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function avgPool1d<D extends RealDType>(x: Tensor<D>, options: AvgPool1dOptions): Tensor<D> {
  return avgPool('avgPool1d', 1, x, options);
}

/** Height and width of the output; null keeps the input's. */
export type OutputSize = Pair | readonly [number | null, number | null];

export interface AdaptivePoolOptions<Size> {
  /** How many windows. */
  outputSize: Size;
}
export type AdaptiveAvgPool2dOptions = AdaptivePoolOptions<OutputSize>;

/** @throws ArgumentError, ArgumentRangeError */
export function checkOutputSize(op: string, size: unknown, spatial: Spatial): [number | null, number | null] {
  if (spatial === 1 || !Array.isArray(size) || size.length !== 2 || !size.includes(null)) {
    return checkSpatial(op, 'outputSize', size, 1, spatial, 1);
  }
  return size.map((length: unknown, i) => {
    if (length !== null) checkInteger(op, `outputSize[${i}]`, length, 1);
    return length;
  }) as [number | null, number | null];
}

/** Spans of `count` windows over `length`: begin, end and what a mean divides by. */
export function adaptiveSpans(length: number, count: number): Int32Array {
  const spans = new Int32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const begin = Math.floor((i * length) / count);
    const end = Math.ceil(((i + 1) * length) / count);
    spans.set([begin, end, end - begin], 3 * i);
  }
  return spans;
}

function adaptiveAvgPool<D extends RealDType>(
  op: string,
  spatial: Spatial,
  x: Tensor<D>,
  { outputSize }: AdaptivePoolOptions<OutputSize>,
): Tensor<D> {
  checkTensor(op, 'x', x);
  checkNdim(op, 'x', x, layoutsOf(spatial));
  const size = checkOutputSize(op, outputSize, spatial);
  const [height, width] = spatialSize(x, spatial);
  const rows = adaptiveSpans(height, size[0] ?? height);
  return meanOver(op, x, spatial, rows, adaptiveSpans(width, size[1] ?? width), {});
}

/**
 * Means over as many windows as asked for: window i covers floor(i · length / size) to ceil((i + 1) · length / size).
 * As `torch.nn.functional.adaptive_avg_pool2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function adaptiveAvgPool2d<D extends RealDType>(
  x: Tensor<D>,
  options: AdaptiveAvgPool2dOptions,
): Tensor<D> {
  return adaptiveAvgPool('adaptiveAvgPool2d', 2, x, options);
}

/**
 * As adaptiveAvgPool2d, of signals. As `torch.nn.functional.adaptive_avg_pool1d`.
 *
 * @param x (N, C, L) or (C, L)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function adaptiveAvgPool1d<D extends RealDType>(
  x: Tensor<D>,
  options: AdaptivePoolOptions<number>,
): Tensor<D> {
  return adaptiveAvgPool('adaptiveAvgPool1d', 1, x, options);
}
