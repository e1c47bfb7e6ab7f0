/** NAdam; roles, scalars and hyper-parameters in step-kernels.ts. */
import { averageSquare, gradient, lerp } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const nadam: CpuStepKernel = ([params, grads, expAvgs, expAvgSqs], scalars, hyper) => {
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
    const bc2 = f(scalars[3 * t]!);
    const negGradStep = f(-scalars[3 * t + 1]!);
    const negAvgStep = f(-scalars[3 * t + 2]!);
    for (let i = 0; i < p.length; i++) {
      const x = f(p[i]! * shrink);
      const g = gradient(grad[i]!, x, weightDecay, maximize);
      const m = lerp(expAvg[i]!, g, w1);
      const v = averageSquare(expAvgSq[i]!, beta2, w2, g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      const denom = f(f(Math.sqrt(f(v / bc2))) + eps);
      p[i] = f(x + f(f(negGradStep * g) / denom)) + f(f(negAvgStep * m) / denom);
    }
  }
};
