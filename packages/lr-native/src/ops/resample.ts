/**
 * Resampling: every output row and column is a weighted sum of input rows and columns. interpolate and pad say which.
 */
import { addon } from '../addon.ts';
import type { Attributes } from '../autograd.ts';
import type { RealDType } from '../dtype.ts';
import { convert, uninitializedLike } from '../dtype.ts';
import { acquireLike } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { result, spatialSize } from './op.ts';
import type { Spatial } from './op.ts';

/** For each output along one dimension, `taps` positions in the input and their weights. */
export interface Taps {
  readonly positions: Int32Array;
  readonly weights: Float64Array;
}

/** A tap of weight 1 at each position; -1 is outside. */
export function copies(positions: readonly number[]): Taps {
  return { positions: Int32Array.from(positions), weights: new Float64Array(positions.length).fill(1) };
}

/** `x` resampled along its last dimensions; of a signal, `rows` are those of its one row. */
export function resample<D extends RealDType>(
  op: string,
  x: Tensor<D>,
  spatial: Spatial,
  taps: number,
  rows: Taps,
  columns: Taps,
  attributes: Attributes,
): Tensor<D> {
  const xData = x.data;
  const [height, width] = spatialSize(x, spatial);
  const size = [rows.positions.length / taps, columns.positions.length / taps] as const;
  const planes = xData.length / (height * width);
  const geometry = Int32Array.of(planes, height, width, ...size, taps);
  const rowWeights = convert(rows.weights, x.dtype);
  const columnWeights = convert(columns.weights, x.dtype);
  const y = uninitializedLike(xData, planes * size[0] * size[1]);
  const where = [rows.positions, columns.positions, rowWeights, columnWeights] as const;
  addon.resample2dForward(geometry, 0, ...where, xData, y);
  const backward = (dy: typeof y): (typeof y)[] => {
    const dx = acquireLike(xData);
    addon.resample2dBackward(geometry, ...where, dy, dx);
    return [dx];
  };
  const shape = [...x.shape.slice(0, -spatial), ...size.slice(-spatial)];
  return result(op, [x], y, shape, backward, null, attributes);
}
