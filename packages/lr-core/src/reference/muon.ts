/** Muon; roles, scalars and hyper-parameters in step-kernels.ts. Sums of products are in double, rounded once. */
import { lerp } from './float32.ts';
import { norm } from './norm.ts';
import type { CpuStepKernel } from './elementwise.ts';

const f = Math.fround;

export const muon: CpuStepKernel = ([params, grads, momentumBuffers], scalars, hyper) => {
  const shrink = f(1 - hyper[0]! * hyper[1]!);
  const momentum = f(hyper[2]!);
  const w = f(1 - hyper[2]!);
  const nesterov = hyper[3] !== 0;
  for (let t = 0; t < params!.length; t++) {
    const p = params![t]!;
    const grad = grads![t]!;
    const buffer = momentumBuffers![t]!;
    const rows = scalars[3 * t]!;
    const cols = scalars[3 * t + 1]!;
    const negStep = f(-scalars[3 * t + 2]!);
    const update = new Float32Array(p.length);
    for (let i = 0; i < p.length; i++) {
      const b = lerp(buffer[i]!, grad[i]!, w);
      buffer[i] = b;
      update[i] = nesterov ? lerp(grad[i]!, b, momentum) : b;
    }
    const orthogonal = orthogonalize(update, rows, cols, hyper);
    for (let i = 0; i < p.length; i++) p[i] = f(p[i]! * shrink) + f(negStep * orthogonal[i]!);
  }
};

/** x (rows, cols) → an approximation of U·Vᵀ of its singular value decomposition, by Newton–Schulz iterations. */
function orthogonalize(x: Float32Array, rows: number, cols: number, hyper: Float64Array): Float32Array {
  const [a, b, c, eps] = [f(hyper[4]!), f(hyper[5]!), f(hyper[6]!), f(hyper[7]!)];
  const tall = rows > cols;
  let current = tall ? transpose(x, rows, cols) : x;
  const m = Math.min(rows, cols);
  const n = Math.max(rows, cols);
  const length = Math.max(norm(current), eps);
  for (let i = 0; i < current.length; i++) current[i] = current[i]! / length;
  for (let step = 0; step < hyper[8]!; step++) {
    const gram = timesTransposed(current, m, n);
    const square = timesTransposed(gram, m, m); // gram is symmetric
    for (let i = 0; i < gram.length; i++) square[i] = f(b * gram[i]!) + f(c * square[i]!);
    current = addProduct(current, square, a, m, n);
  }
  return tall ? transpose(current, cols, rows) : current;
}

/** x (rows, cols) → xᵀ (cols, rows) */
function transpose(x: Float32Array, rows: number, cols: number): Float32Array {
  const y = new Float32Array(x.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) y[c * rows + r] = x[r * cols + c]!;
  return y;
}

/** x (m, n) → x·xᵀ (m, m) */
function timesTransposed(x: Float32Array, m: number, n: number): Float32Array {
  const y = new Float32Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = i; j < m; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += x[i * n + k]! * x[j * n + k]!;
      y[i * m + j] = sum;
      y[j * m + i] = sum;
    }
  }
  return y;
}

/** x (m, n), s (m, m) → a·x + s·x */
function addProduct(x: Float32Array, s: Float32Array, a: number, m: number, n: number): Float32Array {
  const y = new Float32Array(m * n);
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    for (let k = 0; k < m; k++) {
      const factor = s[i * m + k]!;
      for (let j = 0; j < n; j++) sums[j] = sums[j]! + factor * x[k * n + j]!;
    }
    for (let j = 0; j < n; j++) y[i * n + j] = f(a * x[i * n + j]!) + f(sums[j]!);
  }
  return y;
}
