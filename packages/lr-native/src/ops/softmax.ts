/** Softmax along a dimension, and its logarithm. Sums are taken in double, in order. */
import { addon } from '../addon.ts';
import { UNARY } from '../addon-types.ts';
import { sizeOf } from '../dtype.ts';
import { acquire, release } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkDim, checkTensor, result } from './op.ts';

export interface SoftmaxOptions {
  /** The dimension that sums to 1. */
  dim: number;
}

/** x is (outer, length, inner); lanes of `length` elements, `inner` apart. */
interface Lanes {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function lanesOf(op: string, x: Tensor, dim: unknown): Lanes {
  checkTensor(op, 'x', x);
  const d = checkDim(op, 'dim', dim, x.ndim);
  return {
    outer: sizeOf(x.shape.slice(0, d)),
    length: x.shape[d] ?? 1,
    inner: sizeOf(x.shape.slice(d + 1)),
  };
}

/** Calls `lane` with the offset of the first element of every lane, and its number. */
function forEachLane({ outer, length, inner }: Lanes, lane: (offset: number, number: number) => void): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) lane(o * length * inner + i, o * inner + i);
  }
}

/** y = x - the maximum of its lane. */
function shift(x: Float32Array, lanes: Lanes, y: Float32Array): void {
  const { length, inner } = lanes;
  const span = length * inner;
  forEachLane(lanes, (offset) => {
    let most = -Infinity;
    for (let i = offset; i < offset + span; i += inner) {
      const value = x[i]!;
      if (!(value <= most)) most = value;
    }
    for (let i = offset; i < offset + span; i += inner) y[i] = x[i]! - most;
  });
}

function laneSums(x: Float32Array, lanes: Lanes): Float64Array {
  const { outer, length, inner } = lanes;
  const span = length * inner;
  const sums = new Float64Array(outer * inner);
  forEachLane(lanes, (offset, number) => {
    let sum = 0;
    for (let i = offset; i < offset + span; i += inner) sum += x[i]!;
    sums[number] = sum;
  });
  return sums;
}

/** exp(x) / the sum of exp(x) over `dim`. As `torch.softmax`. @throws ArgumentError, ArgumentRangeError, ShapeError */
export function softmax(x: Tensor, { dim }: SoftmaxOptions): Tensor {
  const lanes = lanesOf('softmax', x, dim);
  const span = lanes.length * lanes.inner;
  const y = new Float32Array(x.data.length);
  shift(x.data, lanes, y);
  addon.unaryForward(UNARY.exp, 0, 0, y.length, y, y);
  const sums = laneSums(y, lanes);
  forEachLane(lanes, (offset, number) => {
    for (let i = offset; i < offset + span; i += lanes.inner) y[i] = y[i]! / sums[number]!;
  });
  return result('softmax', [x], y, x.shape, (dy) => {
    // dx = y · (dy - the sum of dy · y)
    const dx = acquire(y.length);
    for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! * y[i]!;
    const dots = laneSums(dx, lanes);
    forEachLane(lanes, (offset, number) => {
      for (let i = offset; i < offset + span; i += lanes.inner) dx[i] = y[i]! * (dy[i]! - dots[number]!);
    });
    return [dx];
  });
}

/**
 * The logarithm of softmax, precise where that underflows. As `torch.log_softmax`.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function logSoftmax(x: Tensor, { dim }: SoftmaxOptions): Tensor {
  const lanes = lanesOf('logSoftmax', x, dim);
  const span = lanes.length * lanes.inner;
  const y = new Float32Array(x.data.length);
  const exponentials = acquire(y.length);
  shift(x.data, lanes, y);
  addon.unaryForward(UNARY.exp, 0, 0, y.length, y, exponentials);
  const logs = Float32Array.from(laneSums(exponentials, lanes));
  release(exponentials);
  addon.unaryForward(UNARY.log, 0, 0, logs.length, logs, logs);
  forEachLane(lanes, (offset, number) => {
    for (let i = offset; i < offset + span; i += lanes.inner) y[i] = y[i]! - logs[number]!;
  });
  return result('logSoftmax', [x], y, x.shape, (dy) => {
    // dx = dy - softmax(x) · the sum of dy
    const dx = acquire(y.length);
    addon.unaryForward(UNARY.exp, 0, 0, y.length, y, dx);
    const sums = laneSums(dy, lanes);
    forEachLane(lanes, (offset, number) => {
      for (let i = offset; i < offset + span; i += lanes.inner) dx[i] = dy[i]! - dx[i]! * sums[number]!;
    });
    return [dx];
  });
}
