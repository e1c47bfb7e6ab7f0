/** Adam and AdamW; roles, scalars and hyper-parameters in step-kernels.ts. */
import type { CpuStepKernel } from './index.ts';
import { lerp, maximum } from './float32.ts';

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
    const maxExpAvgSq = maxExpAvgSqs === null ? null : maxExpAvgSqs![t]!;
    const negStepSize = f(-scalars[2 * t]!);
    const bc2sqrt = f(scalars[2 * t + 1]!);
    for (let i = 0; i < p.length; i++) {
      const x = shrink === 1 ? p[i]! : f(p[i]! * shrink);
      let g = maximize ? -grad[i]! : grad[i]!;
      if (weightDecay !== 0) g = f(g + f(weightDecay * x));
      const m = lerp(expAvg[i]!, g, w1);
      const v = f(f(expAvgSq[i]! * beta2) + f(f(w2 * g) * g));
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
