/** LAMB; roles, scalars and hyper-parameters in step-kernels.ts. */
import { applier, type CpuStepKernel } from './elementwise.ts';
import { averageSquare, gradient, lerp, PARAM } from './formulas.ts';
import { norm } from './norm.ts';
import { add, div, load, mul, sqrt, store, uniform } from './tape.ts';

const EXP_AVG = 2;
const EXP_AVG_SQ = 3;
const UPDATE = 4;

const findUpdate = applier((hyper, scalars, at) => {
  const [, beta1, beta2, eps, weightDecay, maximize] = hyper as unknown as number[];
  const g = gradient(load(PARAM), 0, maximize!);
  const m = lerp(load(EXP_AVG), g, 1 - beta1!);
  const v = averageSquare(load(EXP_AVG_SQ), beta2!, g);
  store(EXP_AVG, m);
  store(EXP_AVG_SQ, v);
  const denom = add(div(sqrt(v), uniform(scalars[at + 1]!)), uniform(eps!));
  const adapted = div(div(m, uniform(scalars[at]!)), denom);
  store(UPDATE, add(adapted, mul(uniform(weightDecay!), load(PARAM))));
});

/** p = p - step · update, where the one scalar is the step. */
const applyUpdate = applier((_hyper, scalars) => {
  store(PARAM, add(load(PARAM), mul(uniform(-scalars[0]!), load(UPDATE))));
});

/** A step's updates, if nothing has collected them since. */
let kept: WeakRef<Float32Array> | undefined;

/** Memory for the updates of one tensor: the last step's where it is large enough. */
function updates(length: number): Float32Array {
  let array = kept?.deref();
  if (array === undefined || array.length < length) kept = new WeakRef((array = new Float32Array(length)));
  return array.subarray(0, length);
}

export const lamb: CpuStepKernel = ([params, grads, expAvgs, expAvgSqs], scalars, hyper) => {
  const step = new Float64Array(1);
  params!.forEach((p, t) => {
    const update = updates(p.length);
    const arrays = [p, grads![t]!, expAvgs![t]!, expAvgSqs![t]!, update];
    findUpdate(arrays, scalars, 2 * t, hyper);
    const weightNorm = norm(p);
    const updateNorm = norm(update);
    step[0] = hyper[0]! * (weightNorm > 0 && updateNorm > 0 ? weightNorm / updateNorm : 1);
    applyUpdate(arrays, step, 0, hyper);
  });
};
