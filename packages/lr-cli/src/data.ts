/** The data of a config: training examples in the order that the seed gives, validation examples, and how many there are. */
import { statSync } from 'node:fs';
import {
  DataLoader,
  Generator,
  loadIdx,
  loadMnist,
  loadNpy,
  loadNpz,
  Subset,
  Tensor,
  TensorDataset,
} from '@org/lr-native';
import type { Dataset, Device, DType, Sample } from '@org/lr-native';
import type { DataConfig } from './config.ts';
import { at, UsageError } from './errors.ts';

/** (N, …) inputs and (N, …) targets. */
export type Batch = readonly [x: Tensor, target: Tensor<DType>];
type Examples = Dataset<Batch>;

export const toDevice = ([x, target]: Batch, device: Device): Batch => [x.to(device), target.to(device)];

/** Examples in a batch without gradients. */
const EVALUATION_BATCH = 500;
/** How many training examples stand in for validation examples where there are none. */
const HELD_LIMIT = 10_000;

export class Data {
  readonly loader: DataLoader<Batch>;
  readonly #validation: Examples | undefined;

  constructor(train: Examples, validation: Examples | undefined, batchSize: number) {
    this.loader = new DataLoader(train, { batchSize, shuffle: true });
    this.#validation = validation;
  }

  get stepsPerEpoch(): number {
    return this.loader.length;
  }

  get trainLength(): number {
    return this.loader.dataset.length;
  }

  get validationLength(): number {
    return this.#validation?.length ?? 0;
  }

  /** One example as a batch. */
  first(): Batch {
    // Its own generator: the run's random stream is left as the seed made it.
    return [...new DataLoader(head(this.loader.dataset, 1), { generator: new Generator() })][0]!;
  }

  /** The validation examples in their order; undefined where there are none. */
  validation(): Iterable<Batch> | undefined {
    return this.#validation === undefined ? undefined : inOrder(this.#validation);
  }

  /** What an exported model is checked on: the validation examples, or training examples where there are none. */
  held(): { name: string; batches: Iterable<Batch> } {
    if (this.#validation !== undefined)
      return { name: 'validation examples', batches: inOrder(this.#validation) };
    return { name: 'training examples', batches: inOrder(head(this.loader.dataset, HELD_LIMIT)) };
  }
}

const inOrder = (examples: Examples): Iterable<Batch> =>
  new DataLoader(examples, { batchSize: EVALUATION_BATCH });

/** The first `limit` examples. */
const head = <S extends Sample>(examples: Dataset<S>, limit = Infinity): Dataset<S> =>
  limit >= examples.length
    ? examples
    : new Subset(
        examples,
        Array.from({ length: limit }, (_, index) => index),
      );

/** What pixels are normalised by after they are scaled to [0, 1]; numbers for all channels or one for each. */
export interface Normalization {
  mean?: number | number[] | undefined;
  std?: number | number[] | undefined;
}

/** Leaves out what is undefined, which loaders take for a value. */
const given = <T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;

/**
 * (N, …) inputs as a model takes them: bytes scaled to [0, 1], floats as float32, both normalised (one mean and std for
 * each of the channels, dimension 1, where there are several); integers, such as tokens, as they are.
 */
function inputs(x: Tensor<DType>, { mean = 0, std = 1 }: Normalization): Tensor<DType> {
  if (x.dtype === 'int32' || x.dtype === 'int64') return x;
  const values = Float32Array.from(x.data as ArrayLike<number>);
  if (x.dtype === 'uint8') for (let i = 0; i < values.length; i++) values[i]! /= 255;
  const channels = Array.isArray(mean) ? mean.length : Array.isArray(std) ? std.length : 1;
  const fits = (value: number | number[]): boolean => !Array.isArray(value) || value.length === channels;
  if (!fits(mean) || !fits(std) || (channels > 1 && x.shape[1] !== channels)) {
    throw new UsageError(`expected mean and std to be for the channels of x, [${x.shape.join(', ')}]`);
  }
  const plane = channels === 1 ? values.length : x.shape.slice(2).reduce((a, b) => a * b, 1);
  const of = (value: number | number[], channel: number): number =>
    Math.fround(Array.isArray(value) ? value[channel]! : value);
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / plane) % channels;
    values[i] = Math.fround(values[i]! - of(mean, channel)) / of(std, channel);
  }
  return new Tensor(values, x.shape);
}

/** (N, …) targets: integers are class indices, floats are values. */
const targets = (y: Tensor<DType>): Tensor<DType> =>
  y.dtype === 'float64' ? y.asType('float32') : y.dtype === 'uint8' ? y.asType('int32') : y;

/** @throws UsageError unless there is one target for each input */
function pair(x: Tensor<DType>, y: Tensor<DType>, names: string, normalization: Normalization): Examples {
  if (x.shape.length < 2 || x.shape[0] !== y.shape[0] || x.shape[0] === 0) {
    throw new UsageError(
      `expected ${names} to be (N, …) inputs and N targets but received [${x.shape.join(', ')}] and [${y.shape.join(', ')}]`,
    );
  }
  return new TensorDataset(inputs(x, normalization), targets(y)) as Examples;
}

function open(data: DataConfig): { train: Examples; validation: Examples | undefined } {
  const { mean, std } = data;
  if (data.type !== 'npy') {
    const dir = data.type === 'idx' ? data.dir : undefined;
    const { train, test } = loadMnist(given({ dir, mean, std }));
    return { train, validation: test };
  }
  const { x, y, valX, valY } = data;
  if ((valX === undefined) !== (valY === undefined))
    throw new UsageError('expected both valX and valY, or neither');
  const train = pair(loadNpy(x), loadNpy(y), 'x and y', data);
  if (valX === undefined || valY === undefined) return { train, validation: undefined };
  return { train, validation: pair(loadNpy(valX), loadNpy(valY), 'valX and valY', data) };
}

/** @throws UsageError that names the file that is missing or does not hold what it should */
export function openData(data: DataConfig, batchSize: number): Data {
  const { train, validation } = at('data', () => open(data));
  return new Data(head(train, data.limit), validation && head(validation, data.valLimit), batchSize);
}

/** Inputs as an (N, …) dataset, with targets where the files have them. */
function openInputs(path: string, normalization: Normalization): Dataset<readonly Tensor<DType>[]> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return loadMnist(given({ dir: path, ...normalization })).test;
  }
  if (path.endsWith('.npz')) {
    const arrays = loadNpz(path);
    const [x, y] = [arrays.get('x'), arrays.get('y')];
    if (x === undefined) {
      throw new UsageError(
        `expected ${path} to have an array x, and y where there are targets, but received ${[...arrays.keys()].join(', ')}`,
      );
    }
    return y === undefined
      ? new TensorDataset(inputs(x, normalization))
      : pair(x, y, 'x and y', normalization);
  }
  const x = path.endsWith('.npy') ? loadNpy(path) : loadIdx(path);
  const [count, height, width] = x.shape;
  // An IDX file of images has no dimension of channels.
  const isImages = !path.endsWith('.npy') && x.shape.length === 3;
  return new TensorDataset(inputs(isImages ? x.reshape([count!, 1, height!, width!]) : x, normalization));
}

export interface ExampleOptions extends Normalization {
  data: string;
  batchSize: number;
  limit?: number;
}

/** Batches of a file's or a folder's inputs, in their order; a batch has targets where there are any. */
export function openExamples({
  data,
  batchSize,
  limit,
  mean,
  std,
}: ExampleOptions): Iterable<readonly Tensor<DType>[]> {
  const examples = at('--data', () => openInputs(data, { mean, std }));
  return new DataLoader(head(examples, limit), { batchSize });
}
