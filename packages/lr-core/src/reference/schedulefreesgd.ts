/** Schedule-free SGD; roles, scalars and hyper-parameters in step-kernels.ts. */
import { gradient, lerp } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const schedulefreesgd: CpuStepKernel = ([params, grads, zs], _scalars, hyper) => {
  const negLr = f(-hyper[0]!);
  const yStep = f(hyper[0]! * (hyper[1]! * (1 - hyper[2]!) - 1));
  const weight = f(hyper[2]!);
  const weightDecay = f(hyper[3]!);
  const maximize = hyper[4] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const y = params![t]!;
    const grad = grads![t]!;
    const z = zs![t]!;
    for (let i = 0; i < y.length; i++) {
      const g = gradient(grad[i]!, y[i]!, weightDecay, maximize);
      y[i] = lerp(y[i]!, z[i]!, weight) + f(yStep * g);
      z[i] = z[i]! + f(negLr * g);
    }
  }
};
