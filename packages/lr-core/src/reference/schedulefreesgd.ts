/** Schedule-free SGD; roles and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { gradient, lerp, PARAM } from './formulas.ts';
import { add, load, mul, store, uniform, type Value } from './tape.ts';

const Z = 2;

/** Moves y (the parameter) and z along `update`; `weight` is that of z in the average. */
export function advance(y: Value, update: Value, lr: number, momentum: number, weight: number): void {
  const z = load(Z);
  const step = uniform(lr * (momentum * (1 - weight) - 1));
  store(PARAM, add(lerp(y, z, weight), mul(step, update)));
  store(Z, add(z, mul(uniform(-lr), update)));
}

export const schedulefreesgd = elementwise(0, (hyper) => {
  const [lr, momentum, weight, weightDecay, maximize] = hyper as unknown as number[];
  const y = load(PARAM);
  advance(y, gradient(y, weightDecay!, maximize!), lr!, momentum!, weight!);
});
