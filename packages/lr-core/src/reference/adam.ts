/** Adam and AdamW; roles, scalars and hyper-parameters in step-kernels.ts. */
import { averageSquare, gradient, lerp, maximum } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const adam: CpuStepKernel = ([params, grads, expAvgs, expAvgSqs, maxExpAvgSqs], scalars, hyper) => {
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
    const maxExpAvgSq = maxExpAvgSqs ? maxExpAvgSqs[t]! : null;
    const negStepSize = f(-scalars[2 * t]!);
    const bc2sqrt = f(scalars[2 * t + 1]!);
    for (let i = 0; i < p.length; i++) {
      const x = f(p[i]! * shrink);
      const g = gradient(grad[i]!, x, weightDecay, maximize);
      const m = lerp(expAvg[i]!, g, w1);
      const v = averageSquare(expAvgSq[i]!, beta2, w2, g);
      expAvg[i] = m;
      expAvgSq[i] = v;
      let vv = v;
      if (maxExpAvgSq !== null) {
        vv = maximum(maxExpAvgSq[i]!, v);
        maxExpAvgSq[i] = vv;
      }
      const denom = f(f(f(Math.sqrt(vv)) / bc2sqrt) + eps);
      p[i] = x + f(f(negStepSize * m) / denom);
    }
  }
};
