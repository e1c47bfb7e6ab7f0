/** Adam and AdamW; roles, scalars and hyper-parameters in step-kernels.ts. */
import { elementwise } from './elementwise.ts';
import { averageSquare, decayed, gradient, lerp, PARAM } from './formulas.ts';
import { add, div, load, max, mul, sqrt, store, uniform, type Value } from './tape.ts';

const EXP_AVG = 2;
const EXP_AVG_SQ = 3;
const MAX_EXP_AVG_SQ = 4;

/** Moves the averages of Adam's family. @returns parameter, gradient and averages */
export function moments(hyper: Float64Array): { p: Value; g: Value; m: Value; v: Value } {
  const [lr, beta1, beta2, , weightDecay, decoupled, maximize] = hyper as unknown as number[];
  const p = decoupled === 0 ? load(PARAM) : decayed(load(PARAM), lr!, weightDecay!);
  const g = gradient(p, decoupled === 0 ? weightDecay! : 0, maximize!);
  const m = lerp(load(EXP_AVG), g, 1 - beta1!);
  const v = averageSquare(load(EXP_AVG_SQ), beta2!, g);
  store(EXP_AVG, m);
  store(EXP_AVG_SQ, v);
  return { p, g, m, v };
}

export const adam = elementwise(2, (hyper, scalars, at, has) => {
  const { p, m, v } = moments(hyper);
  let largest = v;
  if (has(MAX_EXP_AVG_SQ)) {
    largest = max(load(MAX_EXP_AVG_SQ), v);
    store(MAX_EXP_AVG_SQ, largest);
  }
  const denom = add(div(sqrt(largest), uniform(scalars[at + 1]!)), uniform(hyper[3]!));
  store(PARAM, add(p, div(mul(uniform(-scalars[at]!), m), denom)));
});
