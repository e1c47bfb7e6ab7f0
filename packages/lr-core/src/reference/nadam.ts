/** NAdam; roles, scalars and hyper-parameters in step-kernels.ts. */
import { moments } from './adam.ts';
import { elementwise } from './elementwise.ts';
import { PARAM } from './formulas.ts';
import { add, div, mul, sqrt, store, uniform } from './tape.ts';

export const nadam = elementwise(3, (hyper, scalars, at) => {
  const { p, g, m, v } = moments(hyper);
  const denom = add(sqrt(div(v, uniform(scalars[at]!))), uniform(hyper[3]!));
  const moved = add(p, div(mul(uniform(-scalars[at + 1]!), g), denom));
  store(PARAM, add(moved, div(mul(uniform(-scalars[at + 2]!), m), denom)));
});
