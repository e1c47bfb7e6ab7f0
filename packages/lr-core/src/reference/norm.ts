/** Sums of squares in double, the same whatever the engine and the number of threads. */
import { fastestHost } from './host.ts';

/** Elements whose squares are summed before they are added to those before them, so that threads can share a norm. */
const NORM_CHUNK = 16384;

/** Below so many elements, a call into the host takes longer than the sum. */
const FEW = 128;

/** The Euclidean norm: sums of squares of chunks added in order, in double, the root rounded to float32. */
export function norm(values: Float32Array): number {
  let total = 0;
  for (let begin = 0; begin < values.length; begin += NORM_CHUNK)
    total += sumOfSquares(values, begin, Math.min(begin + NORM_CHUNK, values.length));
  return Math.fround(Math.sqrt(total));
}

const lanes = new Float64Array(8);

/**
 * The sum of the squares of `values[begin … end - 1]` in double: eight lanes (the element at `begin + i` in lane
 * `i % 8`), then the lanes in a tree.
 */
export function sumOfSquares(values: Float32Array, begin: number, end: number): number {
  lanes.fill(0);
  const whole = end - ((end - begin) % 8);
  const host = whole - begin < FEW ? undefined : fastestHost();
  if (host?.addSquares === undefined) addSquares(values, begin, whole);
  else host.addSquares(lanes, values, begin, whole);
  for (let i = whole; i < end; i++) lanes[i - whole]! += values[i]! * values[i]!;
  const [s0, s1, s2, s3, s4, s5, s6, s7] = lanes as unknown as number[];
  return s0! + s4! + (s2! + s6!) + (s1! + s5! + (s3! + s7!));
}

/** In TypeScript what the host's `addSquares` does. */
function addSquares(values: Float32Array, begin: number, end: number): void {
  let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = begin; i < end; i += 8) {
    s0 += values[i]! * values[i]!;
    s1 += values[i + 1]! * values[i + 1]!;
    s2 += values[i + 2]! * values[i + 2]!;
    s3 += values[i + 3]! * values[i + 3]!;
    s4 += values[i + 4]! * values[i + 4]!;
    s5 += values[i + 5]! * values[i + 5]!;
    s6 += values[i + 6]! * values[i + 6]!;
    s7 += values[i + 7]! * values[i + 7]!;
  }
  lanes.set([s0, s1, s2, s3, s4, s5, s6, s7]);
}
