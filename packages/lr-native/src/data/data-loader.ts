/**
 * Batches of a dataset, in PyTorch's order: `manualSeed` and a shuffling loader give the batches that
 * `torch.manual_seed` and `DataLoader(shuffle=True, num_workers=0)` give, epoch after epoch, and draw the same numbers
 * from the default generator on the way.
 */
import { StateError, checkBoolean, checkInteger, checkRange, checkType } from '@org/lr-core';
import { checkDevice, defaultDevice } from '../device.ts';
import type { Device } from '../device.ts';
import { Generator, defaultGenerator } from '../random.ts';
import type { GeneratorState } from '../random.ts';
import { Tensor } from '../tensor.ts';
import { checkDataset, collate } from './dataset.ts';
import type { Batch, Dataset, Sample } from './dataset.ts';

export interface DataLoaderOptions<S extends Sample, B> {
  /** Samples a batch. Default 1. */
  batchSize?: number;
  /** A new random order each epoch. Default false: in the dataset's order. */
  shuffle?: boolean;
  /** Leave out the last batch where it is smaller. Default false. */
  dropLast?: boolean;
  /** Where the order is drawn from. Default: a generator that is seeded from the default one, each epoch anew. */
  generator?: Generator;
  /**
   * In asynchronous iteration, how many batches to ask the dataset for ahead of the one that is handed out. Default 0;
   * 2 or more keep the threads of a `workerDataset` busy while a step computes.
   */
  prefetch?: number;
  /** Makes a batch of samples. Default: the dataset's own getBatch, else `collate`. */
  collate?: (samples: S[]) => B;
  /** Where the tensors of a batch are put. Default: LR_DEVICE, else where they are. */
  device?: Device;
}

/** Where a loader stands, as plain data. The default generator's state is not in it: save that beside it. */
export interface DataLoaderState {
  /** Batches of the epoch that have been handed out. */
  readonly position: number;
  /** What the order of the epoch is drawn from; null between epochs, at an epoch's start and without shuffling. */
  readonly sampler: GeneratorState | null;
  /** What the seeds of the epoch's batches are counted from. */
  readonly seed: number;
  /** Whether an epoch has begun and not ended. */
  readonly running: boolean;
  /** Of the generator given in the options; null without one. */
  readonly generator: GeneratorState | null;
}

/** One pass through the data. */
interface Epoch {
  position: number;
  /** The order of the samples, once the first batch is asked for. */
  order: Int32Array | null;
  /** The state `order` is drawn from. */
  sampler: GeneratorState | null;
  /** Batch i has the seed (seed + i) mod 2^32. */
  seed: number;
}

export class DataLoader<S extends Sample, B = Batch<S>> {
  readonly dataset: Dataset<S>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly prefetch: number;
  readonly generator: Generator | undefined;
  readonly device: Device;
  readonly #collate: ((samples: S[]) => B) | undefined;
  /** Whether the device was asked for, so that batches on another one are moved too. */
  readonly #explicit: boolean;
  #epoch: Epoch | null = null;
  /** Set by setState: the next iteration goes on with `#epoch` instead of beginning one. */
  #resumes = false;

  /** @throws ArgumentError, ArgumentRangeError, DeviceError */
  constructor(dataset: Dataset<S>, options: DataLoaderOptions<S, B> = {}) {
    const { batchSize = 1, shuffle = false, dropLast = false, prefetch = 0, generator } = options;
    checkDataset('DataLoader', dataset);
    checkInteger('DataLoader', 'batchSize', batchSize, 1);
    checkBoolean('DataLoader', 'shuffle', shuffle);
    checkBoolean('DataLoader', 'dropLast', dropLast);
    checkInteger('DataLoader', 'prefetch', prefetch, 0);
    const isGenerator = generator === undefined || generator instanceof Generator;
    checkType(isGenerator, 'DataLoader', 'generator', 'a Generator', generator);
    const { collate } = options;
    checkType(
      collate === undefined || typeof collate === 'function',
      'DataLoader',
      'collate',
      'a function',
      collate,
    );
    checkRange(
      !shuffle || dataset.length > 0,
      'DataLoader',
      'dataset.length',
      '>= 1 to shuffle',
      dataset.length,
    );
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.prefetch = prefetch;
    this.generator = generator;
    this.device = options.device === undefined ? defaultDevice() : checkDevice('DataLoader', options.device);
    this.#explicit = options.device !== undefined;
    this.#collate = collate;
  }

  /** Batches an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /**
   * One epoch, or the rest of the one that `setState` restored.
   *
   * @throws StateError where the dataset's `get` is asynchronous: iterate with `for await` then
   */
  [Symbol.iterator](): IterableIterator<B> {
    return this.#iterate(this.#begin());
  }

  *#iterate(epoch: Epoch): IterableIterator<B> {
    while (this.#advance(epoch)) {
      const batch = this.#load(epoch, epoch.position - 1);
      if (batch instanceof Promise) {
        batch.catch(() => {});
        throw new StateError(
          '[DataLoader] expected a synchronous dataset but its get returns promises; use for await',
        );
      }
      yield batch;
    }
  }

  /** As the synchronous iteration, for datasets whose `get` is asynchronous too. */
  [Symbol.asyncIterator](): AsyncIterableIterator<B> {
    return this.#iterateAsync(this.#begin());
  }

  async *#iterateAsync(epoch: Epoch): AsyncIterableIterator<B> {
    const ahead: Promise<B>[] = [];
    while (this.#advance(epoch)) {
      const last = Math.min(epoch.position + this.prefetch, this.length);
      for (let next = epoch.position - 1 + ahead.length; next < last; next++) {
        const batch = Promise.resolve(this.#load(epoch, next));
        batch.catch(() => {}); // it is thrown where the batch is awaited, if it ever is
        ahead.push(batch);
      }
      yield await ahead.shift()!;
    }
  }

  /**
   * Where the iteration begun last stands, for `setState` of a loader with the same dataset and options. A loop that was
   * left early still stands in its epoch.
   */
  getState(): DataLoaderState {
    return {
      position: this.#epoch?.position ?? 0,
      sampler: this.#epoch?.sampler ?? null,
      seed: this.#epoch?.seed ?? 0,
      running: this.#epoch !== null,
      generator: this.generator?.getState() ?? null,
    };
  }

  /**
   * The next iteration goes on after the last batch that was handed out before `getState`.
   *
   * @throws ArgumentError, ArgumentRangeError for a state of another kind of loader
   */
  setState(state: DataLoaderState): void {
    const op = 'DataLoader.setState';
    checkType(typeof state === 'object' && state !== null, op, 'state', 'an object of getState()', state);
    const { position, sampler, seed, running, generator } = state;
    checkInteger(op, 'state.position', position, 0);
    checkRange(position <= this.length, op, 'state.position', `at most ${this.length} batches`, position);
    checkBoolean(op, 'state.running', running);
    const drawn = running && this.shuffle && position > 0;
    checkType(
      drawn === (sampler !== null),
      op,
      'state.sampler',
      drawn ? 'a GeneratorState' : 'null',
      sampler,
    );
    const own = this.generator !== undefined;
    checkType(
      own === (generator !== null),
      op,
      'state.generator',
      own ? 'a GeneratorState' : 'null',
      generator,
    );
    const order = sampler === null ? null : new Generator().setState(sampler).randperm(this.dataset.length);
    if (generator !== null) this.generator!.setState(generator);
    this.#epoch = running ? { position, sampler, order, seed } : null;
    this.#resumes = running;
  }

  /** An epoch's start, where PyTorch draws a seed for worker processes, whether there are any or not. */
  #begin(): Epoch {
    if (this.#resumes) {
      this.#resumes = false;
      return this.#epoch!;
    }
    const seed = Number((this.generator ?? defaultGenerator).random64() & 0xffffffffn);
    this.#epoch = { position: 0, order: null, sampler: null, seed };
    return this.#epoch;
  }

  /** Counts the next batch as handed out; false where there is none and the epoch ends. */
  #advance(epoch: Epoch): boolean {
    const { batchSize, dataset, shuffle } = this;
    if (shuffle && epoch.order === null) this.#drawOrder(epoch);
    const left = dataset.length - epoch.position * batchSize;
    // PyTorch's sampler draws a second, unused permutation when it is first asked for more samples than there are.
    if (shuffle && left >= 0 && left < batchSize) this.generator?.randperm(dataset.length);
    if (epoch.position < this.length) {
      epoch.position++;
      return true;
    }
    if (this.#epoch === epoch) this.#epoch = null;
    return false;
  }

  #drawOrder(epoch: Epoch): void {
    const sampler = this.generator ?? new Generator(defaultGenerator.random64());
    epoch.sampler = sampler.getState();
    epoch.order = sampler.randperm(this.dataset.length);
  }

  /** Batch `position`, whose order is drawn. */
  #load(epoch: Epoch, position: number): B | Promise<B> {
    const { dataset } = this;
    const start = position * this.batchSize;
    const end = Math.min(start + this.batchSize, dataset.length);
    const indices =
      epoch.order?.subarray(start, end) ?? Int32Array.from({ length: end - start }, (_, i) => start + i);
    if (this.#collate === undefined && dataset.getBatch) {
      const batch = dataset.getBatch(indices, { seed: (epoch.seed + position) >>> 0 }) as B | Promise<B>;
      return batch instanceof Promise ? batch.then((loaded) => this.#place(loaded)) : this.#place(batch);
    }
    const put = this.#collate ?? (collate as unknown as (samples: S[]) => B);
    const samples = Array.from(indices, (index) => dataset.get(index));
    if (samples.some((sample) => sample instanceof Promise)) {
      return Promise.all(samples).then((loaded) => this.#place(put(loaded)));
    }
    return this.#place(put(samples as S[]));
  }

  /** The tensors of a batch on the device. */
  #place(batch: B): B {
    if (!this.#explicit && this.device === 'cpu') return batch;
    const place = (item: unknown): unknown => (item instanceof Tensor ? item.to(this.device) : item);
    return (Array.isArray(batch) ? batch.map(place) : place(batch)) as B;
  }
}
