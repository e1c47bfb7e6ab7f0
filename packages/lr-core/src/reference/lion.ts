/** Lion; roles and hyper-parameters in step-kernels.ts. */
import { lerp, sign } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const lion: CpuStepKernel = ([params, grads, expAvgs], _scalars, hyper) => {
  const lr = f(hyper[0]!);
  const w1 = f(1 - hyper[1]!);
  const w2 = f(1 - hyper[2]!);
  const shrink = f(1 - hyper[0]! * hyper[3]!);
  const maximize = hyper[4] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const expAvg = expAvgs![t]!;
    for (let i = 0; i < p.length; i++) {
      const g = maximize ? -grad[i]! : grad[i]!;
      const m = expAvg[i]!;
      p[i] = f(p[i]! * shrink) - lr * sign(lerp(m, g, w1));
      expAvg[i] = lerp(m, g, w2);
    }
  }
};
