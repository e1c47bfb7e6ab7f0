/** SparseAdam, on the rows that have a gradient; roles, scalars and hyper-parameters in step-kernels.ts. */
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const sparseadam: CpuStepKernel = ([params, grads, expAvgs, expAvgSqs], scalars, hyper) => {
  const w1 = f(1 - hyper[0]!);
  const w2 = f(1 - hyper[1]!);
  const eps = f(hyper[2]!);
  const maximize = hyper[3] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const expAvg = expAvgs![t]!;
    const expAvgSq = expAvgSqs![t]!;
    const negStepSize = f(-scalars[t]!);
    for (let i = 0; i < p.length; i++) {
      const g = maximize ? -grad[i]! : grad[i]!;
      const m = f(f(f(g - expAvg[i]!) * w1) + expAvg[i]!);
      const v = f(f(f(f(g * g) - expAvgSq[i]!) * w2) + expAvgSq[i]!);
      expAvg[i] = m;
      expAvgSq[i] = v;
      p[i] = p[i]! + f(negStepSize * f(m / f(f(Math.sqrt(v)) + eps)));
    }
  }
};
