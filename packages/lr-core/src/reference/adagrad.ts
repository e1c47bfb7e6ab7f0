/** Adagrad; roles, scalars and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { gradient, PARAM } from './formulas.ts';
import { add, div, load, mul, sqrt, store, uniform } from './tape.ts';

const SUM = 2;

export const adagrad = elementwise(1, (hyper, scalars, at) => {
  const [weightDecay, eps, maximize] = hyper as unknown as number[];
  const p = load(PARAM);
  const g = gradient(p, weightDecay!, maximize!);
  const sum = add(load(SUM), mul(g, g));
  store(SUM, sum);
  store(PARAM, add(p, div(mul(uniform(-scalars[at]!), g), add(sqrt(sum), uniform(eps!)))));
});
