/** RAdam; roles, scalars and hyper-parameters in step-kernels.ts. */
import { averageSquare, gradient, lerp } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const radam: CpuStepKernel = ([params, grads, expAvgs, expAvgSqs], scalars, hyper) => {
  const lr = f(hyper[0]!);
  const w1 = f(1 - hyper[1]!);
  const beta2 = f(hyper[2]!);
  const w2 = f(1 - hyper[2]!);
  const eps = f(hyper[3]!);
  const decoupled = hyper[5] !== 0;
  const weightDecay = decoupled ? 0 : f(hyper[4]!);
  const shrink = decoupled ? f(1 - hyper[0]! * hyper[4]!) : 1;
  const maximize = hyper[6] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const expAvg = expAvgs![t]!;
    const expAvgSq = expAvgSqs![t]!;
    const bc1 = f(scalars[3 * t]!);
    const bc2sqrt = f(scalars[3 * t + 1]!);
    const rect = f(scalars[3 * t + 2]!);
    for (let i = 0; i < p.length; i++) {
      const x = f(p[i]! * shrink);
      const g = gradient(grad[i]!, x, weightDecay, maximize);
      const m = lerp(expAvg[i]!, g, w1);
      const v = averageSquare(expAvgSq[i]!, beta2, w2, g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      let update = f(f(m / bc1) * lr);
      if (rect !== 0) {
        const adaptive = f(f(1 / f(f(Math.sqrt(v)) + eps)) * bc2sqrt);
        update = f(f(update * adaptive) * rect);
      }
      p[i] = x - update;
    }
  }
};
