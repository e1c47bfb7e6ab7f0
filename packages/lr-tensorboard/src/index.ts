/** The public names of @org/lr-tensorboard. */
export { EventFileError } from './event-file.ts';
export type { HistogramOptions } from './histogram.ts';
export type { HparamsOptions, HparamValue } from './hparams.ts';
export type { ImageLike, ImageOptions } from './image.ts';
export { SummaryWriter } from './summary-writer.ts';
export type { ScalarLike, SummaryWriterOptions } from './summary-writer.ts';
