/** Gradients against differences: what says whether a backward belongs to its forward. */
import {
  ArgumentError,
  StateError,
  checkAtLeast,
  checkBoolean,
  checkRange,
  checkType,
  show,
} from '@org/lr-core';
import { enableGrad, noGrad } from './autograd.ts';
import { zeros } from './creation.ts';
import { hostOf } from './device-array.ts';
import type { DType, RealDType } from './dtype.ts';
import { grad } from './grad.ts';
import { Tensor } from './tensor.ts';

export interface GradCheckOptions {
  /** How far an input is moved to both sides; default 1e-6. */
  eps?: number;
  /** The difference that is allowed; default 1e-5. */
  atol?: number;
  /** The difference that is allowed, as a share of the numerical value; default 1e-3. */
  rtol?: number;
  /** Whether a gradient that is wrong is an error, rather than the result false; default true. */
  raiseException?: boolean;
  /** The difference that is allowed between two backward passes; default 0. */
  nondetTol?: number;
}

/** A gradient that does not agree with differences. */
export class GradCheckError extends StateError {
  override readonly name = 'GradCheckError';
}

/**
 * Compares the gradients of `fn` with central differences, (fn(x + eps) - fn(x - eps)) / 2·eps, for every element of
 * every input that requires a gradient and every element of every output. As `torch.autograd.gradcheck`.
 *
 * @param fn from the inputs to a tensor or an array of them; the same for the same inputs
 * @param inputs what `fn` is called with; tensors that require gradients are float64
 * @returns true, or false where a gradient is wrong and `raiseException` is false
 * @throws GradCheckError naming output, input, element and both values; ArgumentError unless at least one input requires
 *   a gradient, and each that does is float64; ArgumentRangeError; and what `fn` throws
 */
export function gradCheck<Inputs extends readonly unknown[]>(
  fn: (...inputs: Inputs) => Tensor<DType> | readonly Tensor<DType>[],
  inputs: Inputs,
  options: GradCheckOptions = {},
): boolean {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raiseException = true, nondetTol = 0 } = options;
  checkType(typeof fn === 'function', 'gradCheck', 'fn', 'a function', fn);
  checkType(Array.isArray(inputs), 'gradCheck', 'inputs', 'an array', inputs);
  checkAtLeast('gradCheck', 'eps', eps, 0);
  checkRange(eps > 0, 'gradCheck', 'eps', 'a number > 0', eps);
  checkAtLeast('gradCheck', 'atol', atol, 0);
  checkAtLeast('gradCheck', 'rtol', rtol, 0);
  checkAtLeast('gradCheck', 'nondetTol', nondetTol, 0);
  checkBoolean('gradCheck', 'raiseException', raiseException);
  const moved = inputs.flatMap((input, i) =>
    input instanceof Tensor && input.requiresGrad ? [{ i, input: input as Tensor<RealDType> }] : [],
  );
  checkType(moved.length > 0, 'gradCheck', 'inputs', 'at least one Tensor that requires a gradient', inputs);
  for (const { i, input } of moved) {
    if (input.dtype === 'float64') continue;
    throw new ArgumentError(
      `[gradCheck] expected inputs[${i}] to be a float64 Tensor but received a Tensor of ${input.dtype}, ` +
        'whose rounding differences cannot be told from',
    );
  }

  const evaluate = (): readonly Tensor<RealDType>[] => {
    const returned = fn(...inputs);
    const outputs = (Array.isArray(returned) ? returned : [returned]) as readonly Tensor<DType>[];
    outputs.forEach((output, k) =>
      checkType(output instanceof Tensor, 'gradCheck', `output ${k} of fn`, 'a Tensor', output),
    );
    return outputs.filter(({ dtype }) => dtype.startsWith('float')) as readonly Tensor<RealDType>[];
  };
  const tensors = moved.map(({ input }) => input);
  try {
    const outputs = enableGrad(evaluate);
    const analytical = outputs.map((output) => jacobians(output, tensors));
    const again = outputs.map((output) => jacobians(output, tensors));
    const numerical = differences(() => noGrad(evaluate), tensors, eps);
    outputs.forEach((output, k) => {
      moved.forEach(({ i, input }, m) => {
        for (let element = 0; element < input.size; element++) {
          for (let j = 0; j < output.size; j++) {
            const at = element * output.size + j;
            const a = analytical[k]![m]![at]!;
            const b = again[k]![m]![at]!;
            const n = numerical[m]![k]![at]!;
            const where = `the gradient of output ${k} at ${show(indexOf(output, j))} with respect to input ${i} at ${show(indexOf(input, element))}`;
            if (!(Math.abs(a - b) <= nondetTol)) {
              throw new GradCheckError(
                `[gradCheck] expected ${where} to be the same in each backward pass but received ${a} and ${b}`,
              );
            }
            if (!(Math.abs(a - n) <= atol + rtol * Math.abs(n))) {
              throw new GradCheckError(
                `[gradCheck] expected ${where} to be ${n} by differences but received ${a}`,
              );
            }
          }
        }
      });
    });
    return true;
  } catch (error) {
    if (error instanceof GradCheckError && !raiseException) return false;
    throw error;
  }
}

/** The gradient of every element of `output` with respect to every element of each input: (input.size, output.size). */
function jacobians(output: Tensor<RealDType>, inputs: readonly Tensor<RealDType>[]): Float64Array[] {
  const result = inputs.map(({ size }) => new Float64Array(size * output.size));
  if (!output.requiresGrad) return result;
  for (let j = 0; j < output.size; j++) {
    const one = zeros(output.shape, { dtype: output.dtype, device: 'cpu' });
    one.data[j] = 1;
    const gradOutputs = one.to(output.device);
    grad(output, inputs, { gradOutputs, retainGraph: true, allowUnused: true }).forEach((gradient, m) => {
      if (gradient === null) return;
      hostOf(gradient.data).forEach((value, element) => (result[m]![element * output.size + j] = value));
    });
  }
  return result;
}

/** By input and output, (input.size, output.size): the change of the output as the input's element is moved. */
function differences(
  evaluate: () => readonly Tensor<RealDType>[],
  inputs: readonly Tensor<RealDType>[],
  eps: number,
): Float64Array[][] {
  return inputs.map((input) => {
    const data = hostOf(input.data);
    const write = (): void => {
      if (data !== input.data) (input.data as Float64Array).set(data);
    };
    const byOutput: Float64Array[] = [];
    const moveTo = (element: number, value: number): readonly Float64Array[] => {
      const before = data[element]!;
      data[element] = value;
      write();
      try {
        return evaluate().map((output) => Float64Array.from(hostOf(output.data)));
      } finally {
        data[element] = before;
        write();
      }
    };
    for (let element = 0; element < data.length; element++) {
      const above = moveTo(element, data[element]! + eps);
      const below = moveTo(element, data[element]! - eps);
      above.forEach((values, k) => {
        byOutput[k] ??= new Float64Array(data.length * values.length);
        values.forEach((value, j) => {
          byOutput[k]![element * values.length + j] = (value - below[k]![j]!) / (2 * eps);
        });
      });
    }
    return byOutput;
  });
}

/** The index of an element, by dimension. */
function indexOf({ shape }: Tensor<RealDType>, element: number): number[] {
  let rest = element;
  return shape
    .toReversed()
    .map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return index;
    })
    .toReversed();
}
