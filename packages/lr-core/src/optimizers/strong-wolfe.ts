/** The line search of LBFGS, after torch/optim's lswolfe.lua and polyinterp.lua. */

/** A point of the search: how far along the direction, the loss there, its gradient and its slope along the direction. */
interface Point {
  t: number;
  loss: number;
  grad: Float32Array;
  slope: number;
}

export interface LineSearchResult {
  loss: number;
  grad: Float32Array;
  t: number;
  evaluations: number;
}

const C1 = 1e-4;
const C2 = 0.9;
const TOLERANCE_CHANGE = 1e-9;

/** The inner product, summed in double. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function maxAbs(values: Float32Array): number {
  let max = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > max || size !== size) max = size;
  }
  return max;
}

/** The minimum, within bounds, of the cubic that has the losses and slopes of two points. */
function cubicInterpolate(a: Point, b: Point, bounds?: [number, number]): number {
  const [min, max] = bounds ?? (a.t <= b.t ? [a.t, b.t] : [b.t, a.t]);
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (min + max) / 2;
  const d2 = Math.sqrt(square);
  const [low, high] = a.t <= b.t ? [a, b] : [b, a];
  const t = high.t - (high.t - low.t) * ((high.slope + d2 - d1) / (high.slope - low.slope + 2 * d2));
  return Math.min(Math.max(t, min), max);
}

/**
 * Finds a step along `direction` that satisfies the strong Wolfe conditions (c1 = 1e-4, c2 = 0.9).
 *
 * @param evaluate the loss and its gradient (a fresh array) at a step `t` from the start
 * @param first the step to try first
 * @param start loss, gradient and slope where the search begins; its `t` is 0
 */
export function strongWolfe(
  evaluate: (t: number) => { loss: number; grad: Float32Array },
  direction: Float32Array,
  first: number,
  start: Omit<Point, 't'>,
  maxIterations: number,
): LineSearchResult {
  let evaluations = 0;
  const at = (t: number): Point => {
    evaluations++;
    const { loss, grad } = evaluate(t);
    return { t, loss, grad, slope: dot(grad, direction) };
  };
  const origin: Point = { t: 0, ...start };
  const tooHigh = (point: Point): boolean => point.loss > start.loss + C1 * point.t * start.slope;
  const isFlat = (point: Point): boolean => Math.abs(point.slope) <= -C2 * start.slope;

  let previous = origin;
  let current = at(first);
  let bracket: [Point, Point] | null = null;
  let iteration = 0;
  while (iteration < maxIterations) {
    if (tooHigh(current) || (iteration > 1 && current.loss >= previous.loss)) {
      bracket = [previous, current];
      break;
    }
    if (isFlat(current)) return { loss: current.loss, grad: current.grad, t: current.t, evaluations };
    if (current.slope >= 0) {
      bracket = [previous, current];
      break;
    }
    const t = cubicInterpolate(previous, current, [
      current.t + 0.01 * (current.t - previous.t),
      current.t * 10,
    ]);
    previous = current;
    current = at(t);
    iteration++;
  }
  const [low, high] = sorted(bracket ?? [origin, current]);
  const best = iteration < maxIterations ? zoom(low, high) : low;
  return { loss: best.loss, grad: best.grad, t: best.t, evaluations };

  /** Narrows the bracket down to a point that satisfies the conditions. */
  function zoom(low: Point, high: Point): Point {
    const size = maxAbs(direction);
    let insufficient = false;
    while (iteration < maxIterations && Math.abs(high.t - low.t) * size >= TOLERANCE_CHANGE) {
      const min = Math.min(low.t, high.t);
      const max = Math.max(low.t, high.t);
      let t = cubicInterpolate(low, high);
      const margin = 0.1 * (max - min);
      if (Math.min(max - t, t - min) < margin) {
        if (insufficient || t >= max || t <= min) {
          t = Math.abs(t - max) < Math.abs(t - min) ? max - margin : min + margin;
          insufficient = false;
        } else {
          insufficient = true;
        }
      } else {
        insufficient = false;
      }
      const point = at(t);
      iteration++;
      if (tooHigh(point) || point.loss >= low.loss) {
        [low, high] = sorted([low, point]);
      } else {
        if (isFlat(point)) return point;
        if (point.slope * (high.t - low.t) >= 0) high = low;
        low = point;
      }
    }
    return low;
  }
}

/** The point of lower loss first; the first of equals. */
function sorted([a, b]: [Point, Point]): [Point, Point] {
  return a.loss <= b.loss ? [a, b] : [b, a];
}
