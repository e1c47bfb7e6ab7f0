/** Averaged SGD; roles, scalars and hyper-parameters in step-kernels.ts. */
import { gradient } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const asgd: CpuStepKernel = ([params, grads, averages], scalars, hyper) => {
  const lambd = hyper[0]!;
  const weightDecay = f(hyper[1]!);
  const maximize = hyper[2] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const average = averages![t]!;
    const eta = scalars[2 * t]!;
    const shrink = f(1 - lambd * eta);
    const negEta = f(-eta);
    const mu = f(scalars[2 * t + 1]!);
    for (let i = 0; i < p.length; i++) {
      const g = gradient(grad[i]!, p[i]!, weightDecay, maximize);
      const x = f(f(p[i]! * shrink) + f(negEta * g));
      p[i] = x;
      average[i] = mu === 1 ? x : average[i]! + f(f(x - average[i]!) * mu);
    }
  }
};
