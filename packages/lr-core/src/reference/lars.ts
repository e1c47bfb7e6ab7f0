/** LARS; roles, scalars and hyper-parameters in step-kernels.ts. */
import { gradient, norm } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const lars: CpuStepKernel = ([params, grads, momentumBuffers], scalars, hyper) => {
  const negLr = f(-hyper[0]!);
  const momentum = f(hyper[1]!);
  const undamped = f(1 - hyper[2]!);
  const weightDecay = f(hyper[3]!);
  const nesterov = hyper[4] !== 0;
  const trustCoefficient = hyper[5]!;
  const eps = hyper[6]!;
  const maximize = hyper[7] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const buffer = momentumBuffers ? momentumBuffers[t]! : null;
    const firstStep = scalars[t] !== 0;
    const weightNorm = norm(p);
    const gradNorm = norm(grad);
    const scale = (trustCoefficient * weightNorm) / (gradNorm + hyper[3]! * weightNorm + eps);
    const trust = weightNorm > 0 && gradNorm > 0 ? f(scale) : 1;
    for (let i = 0; i < p.length; i++) {
      let g = f(trust * gradient(grad[i]!, p[i]!, weightDecay, maximize));
      if (buffer !== null) {
        const b = firstStep ? g : f(f(buffer[i]! * momentum) + f(undamped * g));
        buffer[i] = b;
        g = nesterov ? f(g + f(momentum * b)) : b;
      }
      p[i] = p[i]! + f(negLr * g);
    }
  }
};
