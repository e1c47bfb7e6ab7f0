/**
 * Datasets in PyTorch's map style: a length and `get(i)`. A sample is a tuple of fields, each a tensor or a number; a
 * batch has one tensor a field, with a dimension of samples in front. A dataset that can build a whole batch faster than
 * from its samples has `getBatch` too (PyTorch's `__getitems__`).
 *
 * To add a dataset: a class with these members in a file of its own.
 */
import { checkInteger, checkRange, checkShape, checkType } from '@org/lr-core';
import { ARRAY_TYPES, newUninitialized } from '../dtype.ts';
import type { DType } from '../dtype.ts';
import { takeRows } from '../ops/gather.ts';
import { checkOneDevice } from '../ops/op.ts';
import { defaultGenerator } from '../random.ts';
import type { Generator } from '../random.ts';
import { Tensor, sameShape } from '../tensor.ts';

export type Field = Tensor<DType> | number;
export type Sample = readonly Field[];
/** One tensor a field of `S`; numbers become float32. */
export type Batch<S extends Sample> = {
  -readonly [K in keyof S]: S[K] extends Tensor<infer D> ? Tensor<D> : Tensor;
};

export interface Dataset<S extends Sample = Sample> {
  /** Number of samples. */
  readonly length: number;
  /** Sample `index`, 0 to length − 1; a promise is taken by the DataLoader's asynchronous iteration. */
  get(index: number): S | Promise<S>;
  /** The samples as one batch. Default: `collate` of `get`. */
  getBatch?(indices: Int32Array, context?: BatchContext): Batch<S> | Promise<Batch<S>>;
}

/** What a loader says of the batch it asks for. */
export interface BatchContext {
  /** Another number for each batch and epoch, the same in every run: for randomness in worker threads. */
  readonly seed: number;
}

/** Tensors of equal first dimension: sample i is their rows i. */
export class TensorDataset<T extends readonly Tensor<DType>[]> implements Dataset<T> {
  readonly tensors: T;
  readonly length: number;

  /** @throws ArgumentError, ShapeError unless all tensors have the same first dimension */
  constructor(...tensors: T) {
    checkType(tensors.length > 0, 'TensorDataset', 'tensors', 'at least one Tensor', tensors);
    tensors.forEach((tensor, i) => {
      checkType(tensor instanceof Tensor, 'TensorDataset', `tensors[${i}]`, 'a Tensor', tensor);
      checkShape(
        tensor.ndim > 0,
        'TensorDataset',
        `tensors[${i}]`,
        'of at least one dimension',
        tensor.shape,
      );
      const first = tensors[0]!.shape[0];
      checkShape(
        tensor.shape[0] === first,
        'TensorDataset',
        `tensors[${i}]`,
        `of ${first} samples`,
        tensor.shape,
      );
    });
    this.tensors = tensors;
    this.length = tensors[0]!.shape[0]!;
  }

  get(index: number): T {
    checkIndex('TensorDataset', index, this.length);
    return this.tensors.map((tensor) => {
      const shape = tensor.shape.slice(1);
      const size = tensor.size / this.length;
      return new Tensor<DType>(tensor.data.slice(index * size, (index + 1) * size), shape);
    }) as unknown as T;
  }

  getBatch(indices: Int32Array): Batch<T> {
    for (const index of indices) checkIndex('TensorDataset', index, this.length);
    return this.tensors.map((tensor) => {
      const size = tensor.size / Math.max(1, this.length);
      if (tensor.device !== 'cpu') {
        const rows = { outer: 1, length: this.length, inner: size };
        return takeRows('TensorDataset', tensor.detach(), rows, indices, [
          indices.length,
          ...tensor.shape.slice(1),
        ]);
      }
      const data = new ARRAY_TYPES[tensor.dtype](indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        const row = indices[i]! * size;
        data.set(tensor.data.subarray(row, row + size) as never, i * size);
      }
      return new Tensor<DType>(data, [indices.length, ...tensor.shape.slice(1)]);
    }) as Batch<T>;
  }
}

/** The samples `indices` of another dataset, in that order. */
export class Subset<S extends Sample> implements Dataset<S> {
  readonly dataset: Dataset<S>;
  readonly indices: Int32Array;
  readonly length: number;
  getBatch?: Dataset<S>['getBatch'];

  /** @throws ArgumentRangeError for an index that `dataset` does not have */
  constructor(dataset: Dataset<S>, indices: ArrayLike<number>) {
    checkDataset('Subset', dataset);
    Array.from(indices).forEach((index) => checkIndex('Subset', index, dataset.length));
    this.dataset = dataset;
    this.indices = Int32Array.from(indices);
    this.length = indices.length;
    if (dataset.getBatch) {
      this.getBatch = (batch, context) => {
        const mapped = batch.map((index) => {
          checkIndex('Subset', index, this.length);
          return this.indices[index]!;
        });
        return dataset.getBatch!(mapped, context);
      };
    }
  }

  get(index: number): S | Promise<S> {
    checkIndex('Subset', index, this.length);
    return this.dataset.get(this.indices[index]!);
  }
}

/** Each sample of another dataset passed through `transform` when it is read. */
export class TransformedDataset<S extends Sample, R extends Sample> implements Dataset<R> {
  readonly dataset: Dataset<S>;
  readonly transform: (sample: S) => R;

  constructor(dataset: Dataset<S>, transform: (sample: S) => R) {
    checkDataset('TransformedDataset', dataset);
    checkType(typeof transform === 'function', 'TransformedDataset', 'transform', 'a function', transform);
    this.dataset = dataset;
    this.transform = transform;
  }

  get length(): number {
    return this.dataset.length;
  }

  get(index: number): R | Promise<R> {
    const sample = this.dataset.get(index);
    return sample instanceof Promise ? sample.then(this.transform) : this.transform(sample);
  }
}

/**
 * Splits a dataset at random into subsets of these lengths (`torch.utils.data.random_split`, the same split from the
 * same seed).
 *
 * @throws ArgumentRangeError unless the lengths add up to the dataset's
 */
export function randomSplit<S extends Sample>(
  dataset: Dataset<S>,
  lengths: readonly number[],
  options: { generator?: Generator } = {},
): Subset<S>[] {
  checkDataset('randomSplit', dataset);
  lengths.forEach((length, i) => checkInteger('randomSplit', `lengths[${i}]`, length, 0));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  checkRange(total === dataset.length, 'randomSplit', 'the sum of lengths', `${dataset.length}`, total);
  const order = (options.generator ?? defaultGenerator).randperm(total);
  let end = 0;
  return lengths.map((length) => new Subset(dataset, order.subarray(end, (end += length))));
}

/**
 * Samples put together to a batch: tensors stacked along a new first dimension, numbers as a float32 tensor (N).
 *
 * @throws ArgumentError, ShapeError where the samples differ in fields, types or shapes
 */
export function collate<S extends Sample>(samples: readonly S[]): Batch<S> {
  const first = samples[0]!;
  checkType(Array.isArray(first), 'collate', 'a sample', 'an array of fields', first);
  return first.map((field, f) => {
    const column = samples.map((sample) => sample[f]);
    if (typeof field === 'number') {
      const wrong = column.find((value) => typeof value !== 'number');
      checkType(
        wrong === undefined,
        'collate',
        `field ${f} of every sample`,
        'a number as in the first',
        wrong,
      );
      return new Tensor(Float32Array.from(column as number[]));
    }
    checkType(field instanceof Tensor, 'collate', `field ${f}`, 'a Tensor or a number', field);
    const { dtype, shape, size } = field;
    const data = newUninitialized(field.data, dtype as DType, samples.length * size);
    column.forEach((value, i) => {
      const fits = value instanceof Tensor && value.dtype === dtype;
      checkType(fits, 'collate', `field ${f} of every sample`, `a ${dtype} Tensor as in the first`, value);
      const same = sameShape((value as Tensor).shape, shape);
      checkShape(
        same,
        'collate',
        `field ${f} of every sample`,
        `of shape [${shape.join(', ')}]`,
        (value as Tensor).shape,
      );
      checkOneDevice('collate', [field, value as Tensor]);
      data.set((value as Tensor).data as never, i * size);
    });
    return new Tensor<DType>(data, [samples.length, ...shape]);
  }) as Batch<S>;
}

export function checkDataset(op: string, dataset: unknown): void {
  const { length, get } = (dataset ?? {}) as Partial<Dataset>;
  checkType(typeof get === 'function', op, 'dataset', 'a Dataset with length and get(index)', dataset);
  checkInteger(op, 'dataset.length', length, 0);
}

export function checkIndex(op: string, index: number, length: number): void {
  checkRange(
    Number.isInteger(index) && index >= 0 && index < length,
    op,
    'index',
    `an integer of 0 to ${length - 1}`,
    index,
  );
}
