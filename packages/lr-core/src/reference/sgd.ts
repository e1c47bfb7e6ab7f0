/** Stochastic gradient descent with momentum; roles, scalars and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { gradient, PARAM } from './formulas.ts';
import { add, load, mul, store, uniform, type Value } from './tape.ts';

const BUFFER = 2;

export const sgd = elementwise(1, (hyper, scalars, at, has) => {
  const [lr, factor, dampening, weightDecay, nesterov, maximize] = hyper as unknown as number[];
  const p = load(PARAM);
  let g = gradient(p, weightDecay!, maximize!);
  if (has(BUFFER)) g = momentum(g, scalars[at]!, factor!, dampening!, nesterov!);
  store(PARAM, add(p, mul(uniform(-lr!), g)));
});

/** Moves the momentum buffer. @returns what the parameter moves along */
export function momentum(
  g: Value,
  first: number,
  factor: number,
  dampening: number,
  nesterov: number,
): Value {
  const buffer = first !== 0 ? g : add(mul(load(BUFFER), uniform(factor)), mul(uniform(1 - dampening), g));
  store(BUFFER, buffer);
  return nesterov === 0 ? buffer : add(g, mul(uniform(factor), buffer));
}
