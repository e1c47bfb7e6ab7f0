/** What a model makes of data it does not train on, and whether another engine makes the same of it. */
import { noGrad, type Device, type nn, type Tensor } from '@org/lr-native';
import { toDevice, type Batch } from './data.ts';

/** The sum of a batch's losses, of what `loss` makes of it: their mean, unless it was asked for the sum. */
export const sumOfLosses = (loss: nn.Module, value: number, examples: number): number =>
  (loss as { reduction?: string }).reduction === 'sum' ? value : value * examples;

export interface Evaluation {
  examples: number;
  /** Mean over the examples. */
  loss: number;
  /** The part of the examples whose highest output is that of their class; undefined where targets are no classes. */
  accuracy: number | undefined;
  /** (examples, …) all outputs, row by row. */
  outputs: Float32Array;
}

/** The index of the highest of each row's `classes` values; NaN counts as the highest. */
export function argmax(values: ArrayLike<number | bigint>, classes: number): Int32Array {
  const highest = new Int32Array(values.length / classes);
  for (let row = 0; row < highest.length; row++) {
    let best = 0;
    for (let i = 1; i < classes; i++) {
      const value = values[row * classes + i]!;
      const record = values[row * classes + best]!;
      if (value > record || (value !== value && record === record)) best = i;
    }
    highest[row] = best;
  }
  return highest;
}

/** How many rows have their highest value at the class that `target` names. */
export function correct(outputs: ArrayLike<number | bigint>, target: ArrayLike<number | bigint>): number {
  const predicted = argmax(outputs, outputs.length / target.length);
  let count = 0;
  for (let i = 0; i < predicted.length; i++) if (predicted[i] === Number(target[i])) count++;
  return count;
}

/** Whether (outputs, target) is a classification: one row of class scores for each integer target. */
export const isClassification = (output: Tensor, target: Batch[1]): boolean =>
  target.dtype !== 'float32' && output.shape.length === 2 && target.shape.length === 1;

/** Runs `batches` through the model in evaluation mode; the model is left in training mode. */
export function evaluate(
  model: nn.Module,
  loss: nn.Module,
  batches: Iterable<Batch>,
  device: Device,
): Evaluation {
  const outputs: Float32Array[] = [];
  let examples = 0;
  let total = 0;
  let right: number | undefined;
  model.eval();
  noGrad(() => {
    for (const batch of batches) {
      const [x, target] = toDevice(batch, device);
      const output = model.forward(x) as Tensor;
      const size = x.shape[0]!;
      total += sumOfLosses(loss, (loss.forward(output, target) as Tensor).item(), size);
      examples += size;
      const { data } = output.to('cpu');
      outputs.push(data);
      if (isClassification(output, target)) right = (right ?? 0) + correct(data, batch[1].cpu().data);
    }
  });
  model.train();
  return {
    examples,
    loss: total / examples,
    accuracy: right === undefined ? undefined : right / examples,
    outputs: concatenate(outputs),
  };
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
