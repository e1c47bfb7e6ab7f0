/** Adadelta; roles and hyper-parameters in step-kernels.ts. */
import { averageSquare, gradient } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const adadelta: CpuStepKernel = ([params, grads, squareAvgs, accDeltas], _scalars, hyper) => {
  const negLr = f(-hyper[0]!);
  const rho = f(hyper[1]!);
  const w = f(1 - hyper[1]!);
  const eps = f(hyper[2]!);
  const weightDecay = f(hyper[3]!);
  const maximize = hyper[4] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const squareAvg = squareAvgs![t]!;
    const accDelta = accDeltas![t]!;
    for (let i = 0; i < p.length; i++) {
      const x = p[i]!;
      const g = gradient(grad[i]!, x, weightDecay, maximize);
      const v = averageSquare(squareAvg[i]!, rho, w, g);
      squareAvg[i] = v;
      const acc = accDelta[i]!;
      const delta = f(f(f(Math.sqrt(f(acc + eps))) / f(Math.sqrt(f(v + eps)))) * g);
      accDelta[i] = averageSquare(acc, rho, w, delta);
      p[i] = x + f(negLr * delta);
    }
  }
};
