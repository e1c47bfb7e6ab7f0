/** Rprop; roles and hyper-parameters in step-kernels.ts. */
import { sign } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const rprop: CpuStepKernel = ([params, grads, prevs, stepSizes], _scalars, hyper) => {
  const etaMinus = f(hyper[0]!);
  const etaPlus = f(hyper[1]!);
  const min = f(hyper[2]!);
  const max = f(hyper[3]!);
  const maximize = hyper[4] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const prev = prevs![t]!;
    const stepSize = stepSizes![t]!;
    for (let i = 0; i < p.length; i++) {
      let g = maximize ? -grad[i]! : grad[i]!;
      const direction = sign(f(g * prev[i]!));
      let step = stepSize[i]!;
      if (direction > 0) step = f(step * etaPlus);
      else if (direction < 0) {
        step = f(step * etaMinus);
        g = 0;
      }
      step = step < min ? min : step > max ? max : step;
      stepSize[i] = step;
      p[i] = p[i]! - sign(g) * step;
      prev[i] = g;
    }
  }
};
