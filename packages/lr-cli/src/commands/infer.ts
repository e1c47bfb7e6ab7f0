/** `lr infer`: an ONNX model over data, through onnxruntime. */
import { InferenceModel } from '@org/lr-onnx';
import { openExamples } from '../data.ts';
import { UsageError } from '../errors.ts';
import { argmax } from '../evaluate.ts';
import { count, percent } from '../format.ts';
import { Output } from '../output.ts';

export interface InferOptions {
  data: string;
  mean?: number[];
  std?: number[];
  batchSize: number;
  limit?: number;
  threads?: number;
  json?: boolean;
}

/** @throws UsageError, FileError for a model or data that cannot be read or do not fit one another */
export async function infer(file: string, options: InferOptions): Promise<void> {
  const output = new Output(options);
  const examples = openExamples(options);
  const { threads } = options;
  const model = await InferenceModel.load(file, threads === undefined ? {} : { intraOpNumThreads: threads });
  const started = performance.now();
  let index = 0;
  let right = 0;
  let labelled = false;
  try {
    for (const [x, target] of examples) {
      const { data, shape } = await model.run(x);
      const values: ArrayLike<number | bigint> = data;
      const size = shape[0]!;
      if (size !== x.shape[0]) {
        throw new UsageError(
          `${file}: expected an output for each of ${x.shape[0]} examples but received [${shape.join(', ')}]`,
        );
      }
      const width = values.length / size;
      // One output an example is a value, not a class.
      const classes = shape.length === 2 && width > 1 ? argmax(values, width) : undefined;
      const labels = classes === undefined || target?.dtype === 'float32' ? undefined : target?.cpu().data;
      labelled ||= labels !== undefined;
      for (let i = 0; i < size; i++, index++) {
        const outputs = Array.from({ length: width }, (_, j) => Number(values[i * width + j]));
        const label = labels === undefined ? undefined : Number(labels[i]);
        if (label !== undefined && label === classes![i]) right++;
        output.event('prediction', { index, class: classes?.[i], label, outputs });
        if (label === undefined)
          output.say(`${index}\t${classes === undefined ? outputs.join(' ') : classes[i]}`);
      }
    }
  } finally {
    await model.close();
  }
  const seconds = Math.round(performance.now() - started) / 1000;
  const accuracy = labelled ? right / index : undefined;
  output.event('done', { examples: index, accuracy, seconds });
  if (accuracy !== undefined) {
    output.say(
      `accuracy ${percent(accuracy)}: ${count(right)} of ${count(index)} examples right, in ${seconds.toFixed(1)} s`,
    );
  }
}
