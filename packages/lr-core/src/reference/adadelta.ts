/** Adadelta; roles and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { averageSquare, gradient, PARAM } from './formulas.ts';
import { add, div, load, mul, sqrt, store, uniform } from './tape.ts';

const SQUARE_AVG = 2;
const ACC_DELTA = 3;

export const adadelta = elementwise(0, (hyper) => {
  const [lr, rho, eps, weightDecay, maximize] = hyper as unknown as number[];
  const p = load(PARAM);
  const g = gradient(p, weightDecay!, maximize!);
  const v = averageSquare(load(SQUARE_AVG), rho!, g);
  const acc = load(ACC_DELTA);
  const delta = mul(div(sqrt(add(acc, uniform(eps!))), sqrt(add(v, uniform(eps!)))), g);
  store(SQUARE_AVG, v);
  store(ACC_DELTA, averageSquare(acc, rho!, delta));
  store(PARAM, add(p, mul(uniform(-lr!), delta)));
});
