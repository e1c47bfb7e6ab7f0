/** Adafactor; roles, scalars and hyper-parameters in step-kernels.ts. */
import { lerp, maximum } from './float32.ts';
import type { CpuStepKernel } from './elementwise.ts';
import { norm, sumOfSquares } from './norm.ts';

const f = Math.fround;

export const adafactor: CpuStepKernel = ([params, grads, rowVars, colVars, variances], scalars, hyper) => {
  const eps1 = hyper[2]!;
  const shrink = f(1 - hyper[0]! * hyper[1]!);
  const maximize = hyper[5] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const [rows, cols, weight, rho] = scalars.subarray(4 * t, 4 * t + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const alpha = Math.max(hyper[3]!, norm(p) / Math.sqrt(p.length)) * rho;
    const update = variances
      ? movingVariance(grad, variances[t]!, f(weight))
      : factoredVariance(grad, rowVars![t]!, colVars![t]!, rows, cols, f(weight), f(eps1));
    const floor = f(eps1 * eps1);
    for (let i = 0; i < p.length; i++) {
      const g = maximize ? -grad[i]! : grad[i]!;
      update[i] = f(1 / f(Math.sqrt(maximum(update[i]!, floor)))) * g;
    }
    const denom = Math.max(1, norm(update) / (Math.sqrt(p.length) * hyper[4]!));
    const negStep = f(-alpha / denom);
    for (let i = 0; i < p.length; i++) p[i] = f(p[i]! * shrink) + f(negStep * update[i]!);
  }
};

/** Moves `variance` towards the squared gradient. @returns a copy of it */
function movingVariance(grad: Float32Array, variance: Float32Array, weight: number): Float32Array {
  for (let i = 0; i < grad.length; i++) variance[i] = lerp(variance[i]!, f(grad[i]! * grad[i]!), weight);
  return variance.slice();
}

/**
 * Moves the means of the squared gradient over rows and columns, of each of the `grad.length / (rows * cols)` matrices.
 * rowVar (matrices, rows), colVar (matrices, cols). @returns their products, over the mean of rowVar
 */
function factoredVariance(
  grad: Float32Array,
  rowVar: Float32Array,
  colVar: Float32Array,
  rows: number,
  cols: number,
  weight: number,
  eps1: number,
): Float32Array {
  const estimate = new Float32Array(grad.length);
  const squares = new Float64Array(cols);
  for (let matrix = 0; matrix * rows * cols < grad.length; matrix++) {
    const begin = matrix * rows * cols;
    const r0 = matrix * rows;
    const c0 = matrix * cols;
    squares.fill(0);
    let total = 0;
    for (let r = 0; r < rows; r++) {
      const row = begin + r * cols;
      const length = f(Math.sqrt(sumOfSquares(grad, row, row + cols)));
      rowVar[r0 + r] = lerp(rowVar[r0 + r]!, f(f(length * length) / cols), weight);
      total += rowVar[r0 + r]!;
      for (let c = 0; c < cols; c++) squares[c] = squares[c]! + grad[row + c]! * grad[row + c]!;
    }
    for (let c = 0; c < cols; c++) {
      const length = f(Math.sqrt(squares[c]!));
      colVar[c0 + c] = lerp(colVar[c0 + c]!, f(f(length * length) / rows), weight);
    }
    const mean = maximum(f(total / rows), eps1);
    for (let r = 0; r < rows; r++) {
      const row = begin + r * cols;
      for (let c = 0; c < cols; c++) estimate[row + c] = f(rowVar[r0 + r]! * colVar[c0 + c]!) / mean;
    }
  }
  return estimate;
}
