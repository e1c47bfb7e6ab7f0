/** Schedule-free AdamW; roles and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { averageSquare, gradient, PARAM } from './formulas.ts';
import { advance } from './schedulefreesgd.ts';
import { add, div, load, mul, sqrt, store, uniform } from './tape.ts';

const EXP_AVG_SQ = 3;

export const schedulefreeadamw = elementwise(0, (hyper) => {
  const [lr, beta1, weight, beta2, bc2, eps, weightDecay, maximize] = hyper as unknown as number[];
  const y = load(PARAM);
  const g = gradient(y, 0, maximize!);
  const v = averageSquare(load(EXP_AVG_SQ), beta2!, g);
  store(EXP_AVG_SQ, v);
  const normalized = div(g, add(sqrt(div(v, uniform(bc2!))), uniform(eps!)));
  const update = weightDecay === 0 ? normalized : add(normalized, mul(uniform(weightDecay!), y));
  advance(y, update, lr!, beta1!, weight!);
});
