/** LAMB; roles, scalars and hyper-parameters in step-kernels.ts. */
import { averageSquare, lerp, norm } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const lamb: CpuStepKernel = ([params, grads, expAvgs, expAvgSqs], scalars, hyper) => {
  const lr = hyper[0]!;
  const w1 = f(1 - hyper[1]!);
  const beta2 = f(hyper[2]!);
  const w2 = f(1 - hyper[2]!);
  const eps = f(hyper[3]!);
  const weightDecay = f(hyper[4]!);
  const maximize = hyper[5] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const expAvg = expAvgs![t]!;
    const expAvgSq = expAvgSqs![t]!;
    const bc1 = f(scalars[2 * t]!);
    const bc2sqrt = f(scalars[2 * t + 1]!);
    const update = new Float32Array(p.length);
    for (let i = 0; i < p.length; i++) {
      const g = maximize ? -grad[i]! : grad[i]!;
      const m = lerp(expAvg[i]!, g, w1);
      const v = averageSquare(expAvgSq[i]!, beta2, w2, g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      const adapted = f(f(m / bc1) / f(f(f(Math.sqrt(v)) / bc2sqrt) + eps));
      update[i] = adapted + f(weightDecay * p[i]!);
    }
    const weightNorm = norm(p);
    const updateNorm = norm(update);
    const trust = weightNorm > 0 && updateNorm > 0 ? weightNorm / updateNorm : 1;
    const negStep = f(-lr * trust);
    for (let i = 0; i < p.length; i++) p[i] = p[i]! + f(negStep * update[i]!);
  }
};
