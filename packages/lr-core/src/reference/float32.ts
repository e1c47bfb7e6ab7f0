/** Float32 arithmetic outside tapes. Every operation rounds once, in the order PyTorch's CPU code has. */

const f = Math.fround;

/** `a + w * (b - a)`, or for a weight of 0.5 and more `b - (b - a) * (1 - w)`, as `torch.lerp`. */
export function lerp(a: number, b: number, w: number): number {
  const difference = f(b - a);
  return Math.abs(w) < 0.5 ? f(a + f(w * difference)) : f(b - f(difference * f(1 - w)));
}

/** The larger one; NaN if either is, as `torch.maximum`. */
export function maximum(a: number, b: number): number {
  return b > a || b !== b ? b : a;
}

/** Elements whose squares are summed before they are added to those before them, so that threads can share a norm. */
const NORM_CHUNK = 16384;

/** The Euclidean norm: sums of squares of chunks added in order, in double, the root rounded to float32. */
export function norm(values: Float32Array): number {
  let total = 0;
  for (let begin = 0; begin < values.length; begin += NORM_CHUNK)
    total += sumOfSquares(values, begin, Math.min(begin + NORM_CHUNK, values.length));
  return f(Math.sqrt(total));
}

/**
 * The sum of the squares of `values[begin … end - 1]` in double: eight lanes (the element at `begin + i` in lane
 * `i % 8`), then the lanes in a tree.
 */
export function sumOfSquares(values: Float32Array, begin: number, end: number): number {
  let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
  let i = begin;
  for (; i + 8 <= end; i += 8) {
    s0 += values[i]! * values[i]!;
    s1 += values[i + 1]! * values[i + 1]!;
    s2 += values[i + 2]! * values[i + 2]!;
    s3 += values[i + 3]! * values[i + 3]!;
    s4 += values[i + 4]! * values[i + 4]!;
    s5 += values[i + 5]! * values[i + 5]!;
    s6 += values[i + 6]! * values[i + 6]!;
    s7 += values[i + 7]! * values[i + 7]!;
  }
  if (i < end) s0 += values[i]! * values[i]!;
  if (i + 1 < end) s1 += values[i + 1]! * values[i + 1]!;
  if (i + 2 < end) s2 += values[i + 2]! * values[i + 2]!;
  if (i + 3 < end) s3 += values[i + 3]! * values[i + 3]!;
  if (i + 4 < end) s4 += values[i + 4]! * values[i + 4]!;
  if (i + 5 < end) s5 += values[i + 5]! * values[i + 5]!;
  if (i + 6 < end) s6 += values[i + 6]! * values[i + 6]!;
  return s0 + s4 + (s2 + s6) + (s1 + s5 + (s3 + s7));
}
