/** RMSprop; roles and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { averageSquare, gradient, lerp, PARAM } from './formulas.ts';
import { add, div, load, mul, sqrt, store, sub, uniform } from './tape.ts';

const SQUARE_AVG = 2;
const BUFFER = 3;
const GRAD_AVG = 4;

export const rmsprop = elementwise(0, (hyper, _scalars, _at, has) => {
  const [lr, alpha, eps, weightDecay, momentum, maximize] = hyper as unknown as number[];
  const p = load(PARAM);
  const g = gradient(p, weightDecay!, maximize!);
  let variance = averageSquare(load(SQUARE_AVG), alpha!, g);
  store(SQUARE_AVG, variance);
  if (has(GRAD_AVG)) {
    const mean = lerp(load(GRAD_AVG), g, 1 - alpha!);
    store(GRAD_AVG, mean);
    variance = sub(variance, mul(mean, mean));
  }
  const avg = add(sqrt(variance), uniform(eps!));
  if (has(BUFFER)) {
    const buffer = add(mul(load(BUFFER), uniform(momentum!)), div(g, avg));
    store(BUFFER, buffer);
    store(PARAM, add(p, mul(uniform(-lr!), buffer)));
  } else {
    store(PARAM, add(p, div(mul(uniform(-lr!), g), avg)));
  }
});
