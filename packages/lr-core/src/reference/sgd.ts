/** Stochastic gradient descent with momentum; roles, scalars and hyper-parameters in step-kernels.ts. */
import { gradient } from './float32.ts';
import type { CpuStepKernel } from './index.ts';

const f = Math.fround;

export const sgd: CpuStepKernel = ([params, grads, momentumBuffers], scalars, hyper) => {
  const negLr = f(-hyper[0]!);
  const momentum = f(hyper[1]!);
  const undamped = f(1 - hyper[2]!);
  const weightDecay = f(hyper[3]!);
  const nesterov = hyper[4] !== 0;
  const maximize = hyper[5] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const buffer = momentumBuffers ? momentumBuffers[t]! : null;
    const firstStep = scalars[t] !== 0;
    for (let i = 0; i < p.length; i++) {
      const x = p[i]!;
      let g = gradient(grad[i]!, x, weightDecay, maximize);
      if (buffer !== null) {
        const b = firstStep ? g : f(f(buffer[i]! * momentum) + f(undamped * g));
        buffer[i] = b;
        g = nesterov ? f(g + f(momentum * b)) : b;
      }
      p[i] = x + f(negLr * g);
    }
  }
};
