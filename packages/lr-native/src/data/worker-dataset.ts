/**
 * A dataset whose samples are made in worker threads. Functions cannot be sent to a thread, so the dataset is named by a
 * module whose default export makes it. worker.ts is what runs in each thread; batches come back without being copied.
 */
import type { Worker } from 'node:worker_threads';
import { StateError, checkInteger, checkRange, checkType } from '@org/lr-core';
import { workerThreads } from '../builtins.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';
import { workerUrl } from '../worker-url.ts';
import { checkIndex } from './dataset.ts';
import type { Batch, BatchContext, Dataset, Sample } from './dataset.ts';

/** What the module of a worker dataset exports as its default. */
export type DatasetFactory<S extends Sample, O = unknown> = (options: O) => Dataset<S> | Promise<Dataset<S>>;

export interface WorkerDatasetOptions {
  /** Threads. Default 1. */
  workers?: number;
  /** Plain data that is handed to the factory. */
  options?: unknown;
  /** Node's options for the threads. Default: those of this process. */
  execArgv?: string[];
}

/** What worker.ts is started with. */
export interface WorkerStart {
  module: string;
  options: unknown;
}

export interface WorkerRequest extends BatchContext {
  id: number;
  indices: Int32Array;
}

export interface PlainTensor {
  data: ArrayOf[DType];
  shape: readonly number[];
}

/** A thread's first answer is `length`, the others are to a request. */
export type WorkerAnswer =
  { length: number } | { id: number; batch: PlainTensor[] } | { id: number; error: unknown };

interface Pending {
  resolve: (batch: Tensor<DType>[]) => void;
  reject: (error: unknown) => void;
}

/** One thread and the requests it has not answered. It keeps the process alive only while there are any. */
class Thread {
  readonly pending = new Map<number, Pending>();
  readonly #worker: Worker;
  readonly ready: Promise<number>;
  #failure: Error | null = null;

  constructor(start: WorkerStart, execArgv: string[] | undefined) {
    this.#worker = new (workerThreads().Worker)(workerUrl('data/worker'), {
      workerData: start,
      ...(execArgv && { execArgv }),
    });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.once('message', ({ length }: { length: number }) => {
        this.#worker.unref();
        this.#worker.on('message', (answer: WorkerAnswer) =>
          this.#settle(answer as WorkerAnswer & { id: number }),
        );
        resolve(length);
      });
      const fail = (reason: string, cause?: unknown): void => {
        this.#failure ??= new StateError(`[workerDataset] expected a thread to run but it ${reason}`, {
          cause,
        });
        for (const request of this.pending.values()) request.reject(this.#failure);
        this.pending.clear();
        reject(this.#failure);
      };
      this.#worker.once('error', (error) => fail(`failed: ${error.message}`, error));
      this.#worker.once('exit', (code) => fail(`ended with code ${code}`));
    });
  }

  request(message: WorkerRequest): Promise<Tensor<DType>[]> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.pending.set(message.id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(message);
    });
  }

  async stop(): Promise<void> {
    this.#failure ??= new StateError('[workerDataset] expected an open dataset but it is closed');
    await this.#worker.terminate();
  }

  #settle(answer: { id: number; batch?: PlainTensor[]; error?: unknown }): void {
    const { resolve, reject } = this.pending.get(answer.id)!;
    this.pending.delete(answer.id);
    if (this.pending.size === 0) this.#worker.unref();
    if (answer.batch) resolve(answer.batch.map(({ data, shape }) => new Tensor<DType>(data, shape)));
    else reject(answer.error);
  }
}

/** What `workerDataset` returns. */
export class WorkerDataset<S extends Sample> implements Dataset<S> {
  readonly length: number;
  readonly #threads: readonly Thread[];
  #requests = 0;

  /** For `workerDataset`. */
  constructor(length: number, threads: readonly Thread[]) {
    this.length = length;
    this.#threads = threads;
  }

  async get(index: number): Promise<S> {
    const batch = await this.getBatch(Int32Array.of(index));
    return (batch as Tensor<DType>[]).map(
      ({ data, shape }) => new Tensor<DType>(data, shape.slice(1)),
    ) as unknown as S;
  }

  /** Made by the thread with the fewest requests; its default generator is seeded with `context.seed` first. */
  async getBatch(indices: Int32Array, context: BatchContext = { seed: 0 }): Promise<Batch<S>> {
    for (const index of indices) checkIndex('WorkerDataset', index, this.length);
    const thread = this.#threads.reduce((best, other) =>
      other.pending.size < best.pending.size ? other : best,
    );
    // A copy: the indices may be a part of the order of a whole epoch.
    const batch = await thread.request({
      id: this.#requests++,
      indices: indices.slice(),
      seed: context.seed,
    });
    return batch as unknown as Batch<S>;
  }

  /** Ends the threads. A process that ends without it is not held up. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

/**
 * The dataset that the default export of `module` makes, in `workers` threads that each have their own. With
 * `new DataLoader(dataset, { prefetch: 2 * workers })` and `for await`, batches are made while a step computes. Each
 * batch is seeded by its number, so the batches do not depend on how many threads there are.
 *
 * @param module such as `new URL('./my-dataset.js', import.meta.url)`
 * @throws StateError where a thread cannot load the module or make the dataset
 */
export async function workerDataset<S extends Sample>(
  module: URL,
  options: WorkerDatasetOptions = {},
): Promise<WorkerDataset<S>> {
  const { workers = 1, execArgv } = options;
  checkType(module instanceof URL, 'workerDataset', 'module', 'a URL', module);
  checkInteger('workerDataset', 'workers', workers, 1);
  const start = { module: module.href, options: options.options };
  const threads = Array.from({ length: workers }, () => new Thread(start, execArgv));
  try {
    const lengths = await Promise.all(threads.map((thread) => thread.ready));
    const same = lengths.every((length) => length === lengths[0]);
    checkRange(same, 'workerDataset', 'the dataset of every thread', `of ${lengths[0]} samples`, lengths);
    return new WorkerDataset<S>(lengths[0]!, threads);
  } catch (error) {
    await Promise.allSettled(threads.map((thread) => thread.stop()));
    throw error;
  }
}
