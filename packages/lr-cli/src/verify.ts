/** Whether onnxruntime computes from an exported model what this toolkit computes. */
import { InferenceModel } from '@org/lr-onnx';
import type { nn } from '@org/lr-native';
import type { Batch } from './data.ts';
import { concatenate, correct, type Evaluation } from './evaluate.ts';

export interface Agreement {
  examples: number;
  /** The largest |difference| of two outputs. */
  largestDifference: number;
  /** What rounding alone can explain. */
  bound: number;
  /** The accuracy of the exported model, where targets are classes. */
  accuracy: number | undefined;
  agree: boolean;
}

const FLOAT32_EPSILON = 1 / 8388608;

/** How much later layers may amplify what the sums of earlier ones round: normalisation divides by a standard deviation. */
const AMPLIFICATION = 8;

/**
 * The difference that the order of additions explains: eps·√K for the K products of each layer's sums, added up over the
 * layers, at the size of the largest output, with room for what later layers amplify.
 */
export function roundingBound(model: nn.Module, outputs: Float32Array): number {
  const products = Array.from(model.parameters(), ({ shape, data }) =>
    shape.length > 1 ? data.length / shape[0]! : 1,
  );
  const roots = products.reduce((sum, count) => sum + Math.sqrt(count), 0);
  const largest = outputs.reduce((record, value) => Math.max(record, Math.abs(value)), 1);
  return AMPLIFICATION * FLOAT32_EPSILON * roots * largest;
}

/**
 * Runs `batches` through the exported model in onnxruntime and compares with `expected`, the outputs for the same batches.
 * They agree where every difference is within `bound` and the accuracies are equal.
 */
export async function compare(
  onnx: Uint8Array,
  batches: Iterable<Batch>,
  expected: Evaluation,
  bound: number,
): Promise<Agreement> {
  const session = await InferenceModel.load(onnx);
  try {
    const parts: Float32Array[] = [];
    let right: number | undefined;
    for (const [x, target] of batches) {
      const output = await session.run(x);
      parts.push(output.data as Float32Array);
      if (expected.accuracy !== undefined) right = (right ?? 0) + correct(output.data, target.cpu().data);
    }
    const outputs = concatenate(parts);
    let largestDifference = 0;
    for (let i = 0; i < outputs.length; i++) {
      const difference = Math.abs(outputs[i]! - expected.outputs[i]!);
      // NaN, which differs from everything, is kept.
      if (!(difference <= largestDifference)) largestDifference = difference;
    }
    const accuracy = right === undefined ? undefined : right / expected.examples;
    const sameLength = outputs.length === expected.outputs.length;
    const agree = sameLength && largestDifference <= bound && accuracy === expected.accuracy;
    return { examples: expected.examples, largestDifference, bound, accuracy, agree };
  } finally {
    await session.close();
  }
}
