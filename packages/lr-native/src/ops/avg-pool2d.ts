/** Means over windows: of a given size, and of as many windows as asked for. */
import { checkBoolean, checkInteger, checkShape } from '@org/lr-core';
import type { Attributes, Backward } from '../autograd.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkPoolOptions, pooledLength } from './max-pool2d.ts';
import type { MaxPool2dOptions, PoolGeometry } from './max-pool2d.ts';
import { checkNdim, checkPair, checkTensor, result } from './op.ts';
import type { Pair } from './op.ts';

export interface AvgPool2dOptions extends Omit<MaxPool2dOptions, 'dilation'> {
  /** Whether zeros of the padding count as elements; default true. */
  countIncludePad?: boolean;
  /** What sums are divided by; default: the elements of the window. */
  divisorOverride?: number | null;
}

/** Rows or columns [begin, end) of the image that a window covers, and its length with what `count` it divides by. */
interface Span {
  readonly begin: number;
  readonly end: number;
  readonly count: number;
}

/** y (planes, rows, columns): the mean of every pair of spans, divided by `divisor` or the product of their counts. */
function meanOver(
  op: string,
  x: Tensor,
  rows: readonly Span[],
  columns: readonly Span[],
  divisor: number | null,
  attributes: Attributes,
): Tensor {
  const [height, width] = x.shape.slice(-2) as [number, number];
  const planes = x.data.length / (height * width);
  const xData = x.data;
  const y = new Float32Array(planes * rows.length * columns.length);
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (const row of rows) {
      for (const column of columns) {
        let sum = 0;
        for (let h = row.begin; h < row.end; h++) {
          const offset = (plane * height + h) * width;
          for (let w = column.begin; w < column.end; w++) sum += xData[offset + w]!;
        }
        y[at++] = sum / (divisor ?? row.count * column.count);
      }
    }
  }
  const shape = [...x.shape.slice(0, -2), rows.length, columns.length];
  const backward: Backward<'float32'> = (dy) => {
    const dx = acquire(xData.length).fill(0);
    let from = 0;
    for (let plane = 0; plane < planes; plane++) {
      for (const row of rows) {
        for (const column of columns) {
          const share = dy[from++]! / (divisor ?? row.count * column.count);
          for (let h = row.begin; h < row.end; h++) {
            const offset = (plane * height + h) * width;
            for (let w = column.begin; w < column.end; w++) dx[offset + w]! += share;
          }
        }
      }
    }
    return [dx];
  };
  return result(op, [x], y, shape, backward, null, attributes);
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkAvgPoolOptions(op: string, options: AvgPool2dOptions): PoolGeometry {
  checkBoolean(op, 'countIncludePad', options?.countIncludePad ?? true);
  if (options?.divisorOverride != null) checkInteger(op, 'divisorOverride', options.divisorOverride, 1);
  return checkPoolOptions(op, { ...options, dilation: 1 });
}

function windows(length: number, pool: PoolGeometry, axis: 0 | 1, countIncludePad: boolean): Span[] {
  return Array.from({ length: pooledLength(length, pool, axis) }, (_, i) => {
    const start = i * pool.stride[axis] - pool.padding[axis];
    const stop = Math.min(start + pool.kernel[axis], length + pool.padding[axis]);
    const begin = Math.max(start, 0);
    const end = Math.min(stop, length);
    return { begin, end, count: countIncludePad ? stop - start : end - begin };
  });
}

/**
 * The mean of every window. As `torch.nn.functional.avg_pool2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function avgPool2d(x: Tensor, options: AvgPool2dOptions): Tensor {
  checkTensor('avgPool2d', 'x', x);
  checkNdim('avgPool2d', 'x', x, ['(N, C, H, W)', '(C, H, W)']);
  const pool = checkAvgPoolOptions('avgPool2d', options);
  const { countIncludePad = true, divisorOverride = null } = options;
  const [height, width] = x.shape.slice(-2) as [number, number];
  const rows = windows(height, pool, 0, countIncludePad);
  const columns = windows(width, pool, 1, countIncludePad);
  checkShape(rows.length * columns.length > 0, 'avgPool2d', 'x', 'at least as large as the window', x.shape);
  return meanOver('avgPool2d', x, rows, columns, divisorOverride, {
    ...pool,
    countIncludePad,
    divisorOverride,
  });
}

export interface AdaptiveAvgPool2dOptions {
  /** Height and width of the output; null keeps the input's. */
  outputSize: Pair | readonly [number | null, number | null];
}

/** @throws ArgumentError, ArgumentRangeError */
export function checkOutputSize(op: string, size: unknown): [number | null, number | null] {
  if (!Array.isArray(size) || size.length !== 2 || !size.includes(null))
    return checkPair(op, 'outputSize', size, 1);
  return size.map((length: unknown, i) => {
    if (length !== null) checkInteger(op, `outputSize[${i}]`, length, 1);
    return length;
  }) as [number | null, number | null];
}

/**
 * Means over as many windows as asked for: window i covers floor(i · length / size) to ceil((i + 1) · length / size).
 * As `torch.nn.functional.adaptive_avg_pool2d`.
 *
 * @param x (N, C, H, W) or (C, H, W)
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function adaptiveAvgPool2d(x: Tensor, { outputSize }: AdaptiveAvgPool2dOptions): Tensor {
  checkTensor('adaptiveAvgPool2d', 'x', x);
  checkNdim('adaptiveAvgPool2d', 'x', x, ['(N, C, H, W)', '(C, H, W)']);
  const [rows, columns] = checkOutputSize('adaptiveAvgPool2d', outputSize).map((size, axis) => {
    const length = x.shape.at(axis - 2)!;
    const count = size ?? length;
    return Array.from({ length: count }, (_, i): Span => {
      const begin = Math.floor((i * length) / count);
      const end = Math.ceil(((i + 1) * length) / count);
      return { begin, end, count: end - begin };
    });
  });
  return meanOver('adaptiveAvgPool2d', x, rows!, columns!, null, {});
}
