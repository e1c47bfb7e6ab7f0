/** Clipping of gradients before a step. */
import { checkAtLeast, checkNumber, checkType, checkRange, StateError } from './check.ts';
import { pow } from './exact-math.ts';
import { maximum } from './reference/float32.ts';
import { norm } from './reference/norm.ts';
import { arrayKernels } from './kernels.ts';
import type { Parameter, WritableBuffer } from './param.ts';
import { checkGrad, hostOf, isParameter, isSparse, onHost, writable } from './storage.ts';

export interface ClipGradNormOptions {
  /** The p of the norm; may be Infinity. Default 2. */
  normType?: number;
  /** Throw instead of scaling where the total norm is NaN or infinite. Default `false`. */
  errorIfNonfinite?: boolean;
}

const f = Math.fround;

/** The gradients as flat storages: of a sparse gradient the values. */
function gradsOf(op: string, params: Parameter | Iterable<Parameter>): Grads {
  const list = isParameter(params) ? [params] : params;
  const iterable = typeof list === 'object' && list !== null && Symbol.iterator in list;
  checkType(iterable, op, 'params', 'a list of parameters', params);
  const grads: (Float32Array | WritableBuffer)[] = [];
  for (const param of list) {
    checkType(isParameter(param), op, 'params', 'a list of parameters', param);
    checkGrad(op, param);
    if (param.grad !== null) grads.push(isSparse(param.grad) ? param.grad.values : writable(op, param.grad));
  }
  return grads;
}

type Grads = readonly (Float32Array | WritableBuffer)[];

/** Where all gradients are: `host`, a device, or here and there. */
function placeOf(grads: Grads): 'host' | 'device' | 'mixed' {
  const onHost = grads.filter((grad) => grad instanceof Float32Array).length;
  return onHost === grads.length ? 'host' : onHost === 0 ? 'device' : 'mixed';
}

/** The p-norm of each gradient: all at once where the kernels can, since reading one of a device is a wait. */
function normsOf(grads: Grads, p: number): Float32Array {
  const { norms } = arrayKernels();
  const place = placeOf(grads);
  if (norms !== undefined && (place === 'device' || (place === 'host' && p === 2))) return norms(grads, p);
  return Float32Array.from(grads, (grad) => normOf(hostOf(grad), p));
}

function multiply(grads: Grads, factor: number): void {
  const { scale } = arrayKernels();
  const isOnce = new Set(grads).size === grads.length; // threads share the arrays out
  if (scale !== undefined && isOnce && placeOf(grads) !== 'mixed') {
    scale(grads, factor);
    return;
  }
  for (const grad of grads) {
    onHost('clipGradNorm', [grad], ([values]) => {
      for (let i = 0; i < values!.length; i++) values![i] = values![i]! * factor;
    });
  }
}

/** The p-norm of `values`, summed in double and rounded to float32. */
function normOf(values: Float32Array, p: number): number {
  if (p === 2) return norm(values);
  if (p === Infinity) return values.reduce((max, x) => maximum(max, Math.abs(x)), 0);
  if (p === -Infinity) return values.reduce((min, x) => -maximum(-min, -Math.abs(x)), Infinity);
  if (p === 0) return values.reduce((count, x) => count + (x === 0 ? 0 : 1), 0);
  if (p === 1) return f(values.reduce((sum, x) => sum + Math.abs(x), 0));
  const sum = values.reduce((total, x) => total + pow(Math.abs(x), p), 0);
  return f(pow(sum, 1 / p));
}

/**
 * Scales the gradients of all parameters together so that their norm, as if they were one vector, is at most `maxNorm`:
 * by `min(1, maxNorm / (norm + 1e-6))`, always, as PyTorch does. Null gradients are left out. A non-finite norm makes
 * gradients zero or NaN as in PyTorch, unless `errorIfNonfinite`. With `normType` 0 the norm is the number of gradients
 * that are not zero.
 *
 * ```ts
 * loss.backward();
 * clipGradNorm(model.parameters(), 1);
 * optimizer.step();
 * ```
 *
 * @returns the norm before clipping, 0 where there are no gradients
 * @throws ArgumentError, ArgumentRangeError for NaN or a negative `maxNorm`; StateError with `errorIfNonfinite`; no
 *   gradient has changed then
 */
export function clipGradNorm(
  params: Parameter | Iterable<Parameter>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): number {
  const { normType = 2, errorIfNonfinite = false } = options;
  checkAtLeast('clipGradNorm', 'maxNorm', maxNorm, 0);
  checkNumber('clipGradNorm', 'normType', normType);
  checkRange(!Number.isNaN(normType), 'clipGradNorm', 'normType', 'a number', normType);
  const grads = gradsOf('clipGradNorm', params);
  if (grads.length === 0) return 0;
  const total = normOf(normsOf(grads, normType), normType);
  if (errorIfNonfinite && !Number.isFinite(total)) {
    throw new StateError(
      `[clipGradNorm] expected the norm of the gradients to be finite but received ${total}`,
    );
  }
  const scale = f(f(maxNorm) / f(total + f(1e-6)));
  const factor = scale > 1 ? 1 : scale;
  if (factor === 1) return total;
  multiply(grads, factor);
  return total;
}

/**
 * Clamps each element of each gradient to `[-clipValue, clipValue]`; NaN stays. Null gradients are left out.
 *
 * ```ts
 * clipGradValue(model.parameters(), 0.5);
 * ```
 *
 * @throws ArgumentError, ArgumentRangeError for NaN or a negative `clipValue`
 */
export function clipGradValue(params: Parameter | Iterable<Parameter>, clipValue: number): void {
  checkAtLeast('clipGradValue', 'clipValue', clipValue, 0);
  for (const storage of gradsOf('clipGradValue', params)) {
    onHost('clipGradValue', [storage], ([grad]) => {
      for (let i = 0; i < grad!.length; i++) {
        const x = grad![i]!;
        if (x > clipValue) grad![i] = clipValue;
        else if (x < -clipValue) grad![i] = -clipValue;
      }
    });
  }
}
