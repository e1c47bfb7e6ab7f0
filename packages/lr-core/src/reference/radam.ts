/** RAdam; roles, scalars and hyper-parameters in step-kernels.ts. */
import { moments } from './adam.ts';
import { elementwise } from './elementwise.ts';
import { PARAM } from './formulas.ts';
import { add, div, mul, sqrt, store, sub, uniform } from './tape.ts';

export const radam = elementwise(3, (hyper, scalars, at) => {
  const { p, m, v } = moments(hyper);
  const rectification = scalars[at + 2]!;
  let update = mul(div(m, uniform(scalars[at]!)), uniform(hyper[0]!));
  if (rectification !== 0) {
    const inverse = div(uniform(1), add(sqrt(v), uniform(hyper[3]!)));
    update = mul(mul(update, mul(inverse, uniform(scalars[at + 1]!))), uniform(rectification));
  }
  store(PARAM, sub(p, update));
});
