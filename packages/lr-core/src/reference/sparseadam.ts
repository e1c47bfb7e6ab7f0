/** SparseAdam, on the rows that have a gradient; roles, scalars and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { gradient, PARAM } from './formulas.ts';
import { add, div, load, mul, sqrt, store, sub, uniform } from './tape.ts';

const EXP_AVG = 2;
const EXP_AVG_SQ = 3;

export const sparseadam = elementwise(1, (hyper, scalars, at) => {
  const [beta1, beta2, eps, maximize] = hyper as unknown as number[];
  const p = load(PARAM);
  const g = gradient(p, 0, maximize!);
  const [m0, v0] = [load(EXP_AVG), load(EXP_AVG_SQ)];
  const m = add(mul(sub(g, m0), uniform(1 - beta1!)), m0);
  const v = add(mul(sub(mul(g, g), v0), uniform(1 - beta2!)), v0);
  store(EXP_AVG, m);
  store(EXP_AVG_SQ, v);
  store(PARAM, add(p, mul(uniform(-scalars[at]!), div(m, add(sqrt(v), uniform(eps!))))));
});
