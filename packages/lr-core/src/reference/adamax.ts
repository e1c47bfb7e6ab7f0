/** Adamax; roles, scalars and hyper-parameters in step-kernels.ts. */
import { gradient, lerp, maximum } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const adamax: CpuStepKernel = ([params, grads, expAvgs, expInfs], scalars, hyper) => {
  const w1 = f(1 - hyper[0]!);
  const beta2 = f(hyper[1]!);
  const eps = f(hyper[2]!);
  const weightDecay = f(hyper[3]!);
  const maximize = hyper[4] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const expAvg = expAvgs![t]!;
    const expInf = expInfs![t]!;
    const negStepSize = f(-scalars[t]!);
    for (let i = 0; i < p.length; i++) {
      const x = p[i]!;
      const g = gradient(grad[i]!, x, weightDecay, maximize);
      const m = lerp(expAvg[i]!, g, w1);
      const u = maximum(f(expInf[i]! * beta2), f(Math.abs(g) + eps));
      expAvg[i] = m;
      expInf[i] = u;
      p[i] = x + f(f(negStepSize * m) / u);
    }
  }
};
