/** Rprop; roles and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { gradient, PARAM } from './formulas.ts';
import { ifGreater, load, mul, sign, store, sub, uniform } from './tape.ts';

const PREV = 2;
const STEP_SIZE = 3;

export const rprop = elementwise(0, (hyper) => {
  const [etaMinus, etaPlus, minimum, maximum, maximize] = hyper as unknown as number[];
  const p = load(PARAM);
  const grad = gradient(p, 0, maximize!);
  const product = mul(grad, load(PREV));
  const zero = uniform(0);
  const shrunk = ifGreater(zero, product, uniform(etaMinus!), uniform(1));
  const size = mul(load(STEP_SIZE), ifGreater(product, zero, uniform(etaPlus!), shrunk));
  const [min, max] = [uniform(minimum!), uniform(maximum!)];
  const atMost = ifGreater(size, max, max, size);
  const step = ifGreater(min, atMost, min, atMost);
  const g = ifGreater(zero, product, zero, grad);
  store(STEP_SIZE, step);
  store(PREV, g);
  store(PARAM, sub(p, mul(sign(g), step)));
});
