/** Walks arrays of several dimensions with strides: what broadcasting, permuting and reducing have in common. */

/** Elements from one index of each dimension to the next, in a row-major array. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d]!;
  }
  return strides;
}

/**
 * Calls `row(a, b)` with the offsets into two arrays for every index of all dimensions of `shape` but the last, in
 * row-major order; `a` and `b` advance by their strides.
 */
export function forEachRow(
  shape: readonly number[],
  aStrides: readonly number[],
  bStrides: readonly number[],
  row: (a: number, b: number) => void,
): void {
  const outer = shape.length - 1;
  const index = new Array<number>(Math.max(outer, 0)).fill(0);
  let a = 0;
  let b = 0;
  for (;;) {
    row(a, b);
    let d = outer - 1;
    for (; d >= 0; d--) {
      a += aStrides[d]!;
      b += bStrides[d]!;
      if (++index[d]! < shape[d]!) break;
      index[d] = 0;
      a -= aStrides[d]! * shape[d]!;
      b -= bStrides[d]! * shape[d]!;
    }
    if (d < 0) return;
  }
}
