/** LARS; roles, scalars and hyper-parameters in step-kernels.ts. */
import { applier, type CpuStepKernel } from './elementwise.ts';
import { gradient, PARAM } from './formulas.ts';
import { norm } from './norm.ts';
import { momentum } from './sgd.ts';
import { add, load, mul, store, uniform } from './tape.ts';

const BUFFER = 2;

/** SGD with the gradient times a ratio. Scalars: firstStep, ratio. */
const move = applier((hyper, scalars, _at, has) => {
  const [lr, factor, dampening, weightDecay, nesterov, , , maximize] = hyper as unknown as number[];
  const p = load(PARAM);
  let g = mul(uniform(scalars[1]!), gradient(p, weightDecay!, maximize!));
  if (has(BUFFER)) g = momentum(g, scalars[0]!, factor!, dampening!, nesterov!);
  store(PARAM, add(p, mul(uniform(-lr!), g)));
});

export const lars: CpuStepKernel = ([params, grads, momentumBuffers], scalars, hyper) => {
  const [, , , weightDecay, , trustCoefficient, eps] = hyper as unknown as number[];
  const own = new Float64Array(2);
  params!.forEach((p, t) => {
    const grad = grads![t]!;
    const weightNorm = norm(p);
    const gradNorm = norm(grad);
    const ratio = (trustCoefficient! * weightNorm) / (gradNorm + weightDecay! * weightNorm + eps!);
    own[0] = scalars[t]!;
    own[1] = weightNorm > 0 && gradNorm > 0 ? ratio : 1;
    move([p, grad, momentumBuffers?.[t] ?? null], own, 0, hyper);
  });
};
