/** Adamax; roles, scalars and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { gradient, lerp, PARAM } from './formulas.ts';
import { abs, add, div, load, max, mul, store, uniform } from './tape.ts';

const EXP_AVG = 2;
const EXP_INF = 3;

export const adamax = elementwise(1, (hyper, scalars, at) => {
  const [beta1, beta2, eps, weightDecay, maximize] = hyper as unknown as number[];
  const p = load(PARAM);
  const g = gradient(p, weightDecay!, maximize!);
  const m = lerp(load(EXP_AVG), g, 1 - beta1!);
  const u = max(mul(load(EXP_INF), uniform(beta2!)), add(abs(g), uniform(eps!)));
  store(EXP_AVG, m);
  store(EXP_INF, u);
  store(PARAM, add(p, div(mul(uniform(-scalars[at]!), m), u)));
});
