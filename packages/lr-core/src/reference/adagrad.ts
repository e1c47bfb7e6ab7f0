/** Adagrad; roles, scalars and hyper-parameters in step-kernels.ts. */
import { gradient } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const adagrad: CpuStepKernel = ([params, grads, sums], scalars, hyper) => {
  const weightDecay = f(hyper[0]!);
  const eps = f(hyper[1]!);
  const maximize = hyper[2] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const sum = sums![t]!;
    const negLr = f(-scalars[t]!);
    for (let i = 0; i < p.length; i++) {
      const x = p[i]!;
      const g = gradient(grad[i]!, x, weightDecay, maximize);
      const s = f(sum[i]! + f(g * g));
      sum[i] = s;
      p[i] = x + f(f(negLr * g) / f(f(Math.sqrt(s)) + eps));
    }
  }
};
