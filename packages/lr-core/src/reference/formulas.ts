/** Parts of formulas that several kernels share, in the order of operations that PyTorch's CPU code has. */
import { add, load, mul, neg, sub, uniform, type Value } from './tape.ts';

/** The roles that all kernels have. */
export const PARAM = 0;
export const GRAD = 1;

/** The gradient that formulas use: negated to maximize, with the penalty `weightDecay * x` added. */
export function gradient(x: Value, weightDecay: number, maximize: number): Value {
  const g = maximize === 0 ? load(GRAD) : neg(load(GRAD));
  return weightDecay === 0 ? g : add(g, mul(uniform(weightDecay), x));
}

/** `a + w * (b - a)`, or for a weight of 0.5 and more `b - (b - a) * (1 - w)`, as `torch.lerp`. */
export function lerp(a: Value, b: Value, weight: number): Value {
  const w = Math.fround(weight);
  const difference = sub(b, a);
  return Math.abs(w) < 0.5 ? add(a, mul(uniform(w), difference)) : sub(b, mul(difference, uniform(1 - w)));
}

/** `average * decay + ((1 - decay) * x) * x`: a running average of squares. */
export function averageSquare(average: Value, decay: number, x: Value): Value {
  return add(mul(average, uniform(decay)), mul(mul(uniform(1 - decay), x), x));
}

/** `x * (1 - lr * weightDecay)`: weight decay decoupled from the gradient. */
export function decayed(x: Value, lr: number, weightDecay: number): Value {
  return weightDecay === 0 ? x : mul(x, uniform(1 - lr * weightDecay));
}
