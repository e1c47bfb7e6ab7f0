/** Lion; roles and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { decayed, gradient, lerp, PARAM } from './formulas.ts';
import { load, mul, sign, store, sub, uniform } from './tape.ts';

const EXP_AVG = 2;

export const lion = elementwise(0, (hyper) => {
  const [lr, beta1, beta2, weightDecay, maximize] = hyper as unknown as number[];
  const p = decayed(load(PARAM), lr!, weightDecay!);
  const g = gradient(p, 0, maximize!);
  const m = load(EXP_AVG);
  store(PARAM, sub(p, mul(uniform(lr!), sign(lerp(m, g, 1 - beta1!)))));
  store(EXP_AVG, lerp(m, g, 1 - beta2!));
});
