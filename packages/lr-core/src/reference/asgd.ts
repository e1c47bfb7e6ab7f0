/** Averaged SGD; roles, scalars and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { gradient, PARAM } from './formulas.ts';
import { add, load, mul, store, sub, uniform } from './tape.ts';

const AVERAGE = 2;

export const asgd = elementwise(2, (hyper, scalars, at) => {
  const [lambd, weightDecay, maximize] = hyper as unknown as number[];
  const [eta, mu] = [scalars[at]!, scalars[at + 1]!];
  const p = load(PARAM);
  const g = gradient(p, weightDecay!, maximize!);
  const moved = add(mul(p, uniform(1 - lambd! * eta)), mul(uniform(-eta), g));
  store(PARAM, moved);
  const average = load(AVERAGE);
  store(AVERAGE, mu === 1 ? moved : add(average, mul(sub(moved, average), uniform(mu))));
});
