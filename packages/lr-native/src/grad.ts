import { StateError, checkType } from '@org/lr-core';
import { gradients } from './autograd.ts';
import { zeros } from './creation.ts';
import type { ArrayOf, RealDType } from './dtype.ts';
import { Tensor, checkInputs, rootOf } from './tensor.ts';

export interface GradOptions<D extends RealDType = 'float32'> {
  /** The gradient of each output; null, and left out, where it has one element and the gradient is 1. */
  gradOutputs?: Tensor<D> | readonly (Tensor<D> | null)[] | null;
  /** Keep the graph, for another backward pass through it; default false. */
  retainGraph?: boolean;
  /** Whether an input that no output depends on has the gradient null instead of being an error; default false. */
  allowUnused?: boolean;
  /** Whether such an input's gradient is zeros; default false. */
  materializeGrads?: boolean;
}

/**
 * The sum of the gradients of `outputs` with respect to each of `inputs`; no `grad` is touched. As `torch.autograd.grad`,
 * without gradients of gradients.
 *
 * @returns one tensor for each input; null only with `allowUnused`
 * @throws StateError where an input is not part of the graph, for a graph that is freed or a missing gradient;
 *   ArgumentError, ShapeError
 */
export function grad<D extends RealDType>(
  outputs: Tensor<D> | readonly Tensor<D>[],
  inputs: Tensor<D> | readonly Tensor<D>[],
  options?: GradOptions<D> & { allowUnused?: false },
): Tensor<D>[];
export function grad<D extends RealDType>(
  outputs: Tensor<D> | readonly Tensor<D>[],
  inputs: Tensor<D> | readonly Tensor<D>[],
  options?: GradOptions<D>,
): (Tensor<D> | null)[];
export function grad<D extends RealDType>(
  outputs: Tensor<D> | readonly Tensor<D>[],
  inputs: Tensor<D> | readonly Tensor<D>[],
  options: GradOptions<D> = {},
): (Tensor<D> | null)[] {
  const { gradOutputs = null, retainGraph = false, materializeGrads = false } = options;
  const { allowUnused = materializeGrads } = options;
  const from = listOf(outputs);
  const to = listOf(inputs);
  const isList = from.length > 0 && from.every((output) => output instanceof Tensor);
  checkType(isList, 'grad', 'outputs', 'a Tensor or an array of them', outputs);
  checkInputs('grad', to);
  const given = gradOutputs === null ? from.map(() => null) : listOf(gradOutputs);
  checkType(
    given.length === from.length,
    'grad',
    'gradOutputs',
    `one of each of ${from.length} outputs`,
    gradOutputs,
  );
  const roots = from.map((output, i) => rootOf('grad', output, given[i]!));
  const found = gradients(roots, retainGraph, to);
  return to.map((input, i) => {
    const gradient = found.get(input);
    if (gradient !== undefined) return new Tensor(gradient as ArrayOf[D], input.shape);
    if (materializeGrads) return zeros(input.shape, { dtype: input.dtype, device: input.device });
    if (!allowUnused) {
      throw new StateError(
        `[grad] expected inputs[${i}] to be part of the graph of the outputs but it is not; with { allowUnused: true } its gradient is null`,
      );
    }
    return null;
  });
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}
