/** `lr export`: weights and the config that they were trained with, as ONNX. */
import { loadSafetensors } from '@org/lr-native';
import { loadConfig } from '../config.ts';
import { openData } from '../data.ts';
import { at } from '../errors.ts';
import { exportModel } from '../export-model.ts';
import { Output } from '../output.ts';
import { Trainer } from '../trainer.ts';
import { prepareFile } from '../write.ts';

export interface ExportOptions {
  config: string;
  output: string;
  json?: boolean;
}

/** @throws UsageError, FileError for weights that cannot be read or are of another model */
export async function exportWeights(weights: string, options: ExportOptions): Promise<void> {
  const config = loadConfig(options.config);
  prepareFile('--output', options.output);
  const output = new Output(options);
  const trainer = new Trainer(config, openData(config.data, config.batchSize));
  at(weights, () => trainer.model.loadStateDict(loadSafetensors(weights)));
  const onnx = await exportModel(trainer, undefined, options.output, output);
  output.event('done', { output: options.output, onnx });
}
