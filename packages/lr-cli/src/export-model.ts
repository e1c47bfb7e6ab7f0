/** A model as an ONNX file that is written only once onnxruntime has computed the same from it. */
import { exportOnnx, type ExportOptions } from '@org/lr-onnx';
import { isUsage, UsageError } from './errors.ts';
import type { Evaluation } from './evaluate.ts';
import { count, percent } from './format.ts';
import type { Output } from './output.ts';
import { label } from './plot/axes.ts';
import type { Trainer } from './trainer.ts';
import { compare, roundingBound, type Agreement } from './verify.ts';
import { writeFile } from './write.ts';

function toOnnx({ model, data }: Trainer): Promise<Uint8Array> {
  const { shape, dtype } = data.first()[0];
  const inputDtype = dtype as ExportOptions['inputDtype'];
  return exportOnnx(model, { inputShape: shape, inputDtype, dynamicBatch: true });
}

/** @throws UsageError that names the module which ONNX cannot say: before training, not after */
export async function checkExport(trainer: Trainer): Promise<void> {
  try {
    await toOnnx(trainer);
  } catch (error) {
    if (!isUsage(error)) throw error;
    throw new UsageError(`model: it cannot be exported to ONNX: ${error.message}`, { cause: error });
  }
}

/**
 * @param evaluation what the model makes of the validation data, where that is known already
 * @throws Error where the two engines do not agree; nothing is written then
 */
export async function exportModel(
  trainer: Trainer,
  evaluation: Evaluation | undefined,
  file: string,
  output: Output,
): Promise<Agreement> {
  const { model, data } = trainer;
  const { name, batches } = data.held();
  const expected = evaluation ?? trainer.evaluate(batches);
  model.eval();
  const onnx = await toOnnx(trainer);
  const bound = roundingBound(model, expected.outputs);
  const agreement = await compare(onnx, batches, expected, bound);
  const { agree, examples, largestDifference, accuracy } = agreement;
  const outputs = expected.accuracy === undefined ? 'outputs' : 'logits';
  const difference = `largest difference of ${outputs} ${label(largestDifference)}`;
  if (!agree) {
    throw new Error(
      `onnxruntime does not agree with the model: ${difference}, where rounding explains ${label(bound)}; ` +
        `accuracy ${expected.accuracy} here, ${accuracy} there; ${file} was not written`,
    );
  }
  writeFile(file, onnx);
  output.say(
    `wrote ${file}; onnxruntime agrees on all ${count(examples)} ${name}: ${difference} ` +
      `(rounding explains up to ${label(bound)})` +
      (accuracy === undefined ? '' : `, accuracy ${percent(accuracy)} in both`),
  );
  return agreement;
}
