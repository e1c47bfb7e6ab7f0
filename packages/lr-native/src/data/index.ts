/** Data: datasets, file formats, transforms, and the loader that makes batches of them. */
export * from './cifar10.ts';
export * from './data-loader.ts';
export { Subset, TensorDataset, TransformedDataset, collate, randomSplit } from './dataset.ts';
export type { Batch, BatchContext, Dataset, Field, Sample } from './dataset.ts';
export * from './idx.ts';
export { ImageDataset } from './image-dataset.ts';
export type { ImageDatasetOptions, ImageSplits, NormalizeOptions } from './image-dataset.ts';
export { imageFolder } from './image-folder.ts';
export type { ImageFolder, ImageFolderOptions } from './image-folder.ts';
export * from './mnist.ts';
export { loadNpy, parseNpy, saveNpy } from './npy.ts';
export * from './npz.ts';
export { workerDataset } from './worker-dataset.ts';
export type { DatasetFactory, WorkerDataset, WorkerDatasetOptions } from './worker-dataset.ts';
export * as transforms from './transforms.ts';
export type { ImageTransform, RandomCropOptions } from './transforms.ts';
