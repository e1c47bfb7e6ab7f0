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
