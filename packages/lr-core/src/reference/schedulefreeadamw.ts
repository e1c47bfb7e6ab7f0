/** Schedule-free AdamW; roles, scalars and hyper-parameters in step-kernels.ts. */
import { averageSquare, gradient, lerp } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const schedulefreeadamw: CpuStepKernel = ([params, grads, zs, expAvgSqs], _scalars, hyper) => {
  const negLr = f(-hyper[0]!);
  const yStep = f(hyper[0]! * (hyper[1]! * (1 - hyper[2]!) - 1));
  const weight = f(hyper[2]!);
  const beta2 = f(hyper[3]!);
  const w2 = f(1 - hyper[3]!);
  const bc2 = f(hyper[4]!);
  const eps = f(hyper[5]!);
  const weightDecay = f(hyper[6]!);
  const maximize = hyper[7] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const y = params![t]!;
    const grad = grads![t]!;
    const z = zs![t]!;
    const expAvgSq = expAvgSqs![t]!;
    for (let i = 0; i < y.length; i++) {
      const g = maximize ? -grad[i]! : grad[i]!;
      const v = averageSquare(expAvgSq[i]!, beta2, w2, g);
      expAvgSq[i] = v;
      const normalized = f(g / f(f(Math.sqrt(f(v / bc2))) + eps));
      const update = gradient(normalized, y[i]!, weightDecay, false);
      y[i] = lerp(y[i]!, z[i]!, weight) + f(yStep * update);
      z[i] = z[i]! + f(negLr * update);
    }
  }
};
