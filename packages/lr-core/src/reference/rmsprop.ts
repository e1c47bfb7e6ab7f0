/** RMSprop; roles and hyper-parameters in step-kernels.ts. */
import { averageSquare, gradient, lerp } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const rmsprop: CpuStepKernel = (
  [params, grads, squareAvgs, momentumBuffers, gradAvgs],
  _scalars,
  hyper,
) => {
  const negLr = f(-hyper[0]!);
  const alpha = f(hyper[1]!);
  const w = f(1 - hyper[1]!);
  const eps = f(hyper[2]!);
  const weightDecay = f(hyper[3]!);
  const momentum = f(hyper[4]!);
  const maximize = hyper[5] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const squareAvg = squareAvgs![t]!;
    const buffer = momentumBuffers ? momentumBuffers[t]! : null;
    const gradAvg = gradAvgs ? gradAvgs[t]! : null;
    for (let i = 0; i < p.length; i++) {
      const x = p[i]!;
      const g = gradient(grad[i]!, x, weightDecay, maximize);
      const v = averageSquare(squareAvg[i]!, alpha, w, g);
      squareAvg[i] = v;
      let variance = v;
      if (gradAvg !== null) {
        const mean = lerp(gradAvg[i]!, g, w);
        gradAvg[i] = mean;
        variance = f(v - f(mean * mean));
      }
      const avg = f(f(Math.sqrt(variance)) + eps);
      if (buffer !== null) {
        const b = f(f(buffer[i]! * momentum) + f(g / avg));
        buffer[i] = b;
        p[i] = x + f(negLr * b);
      } else {
        p[i] = x + f(f(negLr * g) / avg);
      }
    }
  }
};
