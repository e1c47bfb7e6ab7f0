/** What runs in each thread of a worker dataset: makes the dataset, then answers requests for batches. */
import { parentPort, workerData } from 'node:worker_threads';
import { manualSeed } from '../random.ts';
import type { Tensor } from '../tensor.ts';
import type { DType } from '../dtype.ts';
import { checkDataset, collate } from './dataset.ts';
import type { Batch, Dataset, Sample } from './dataset.ts';
import type { DatasetFactory, WorkerAnswer, WorkerRequest, WorkerStart } from './worker-dataset.ts';

const { module, options } = workerData as WorkerStart;
const { default: makeDataset } = (await import(module)) as { default: DatasetFactory<Sample> };
const dataset = await makeDataset(options);
checkDataset('workerDataset', dataset);

function answer(message: WorkerAnswer, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}

async function makeBatch(source: Dataset, indices: Int32Array): Promise<Batch<Sample>> {
  if (source.getBatch) return source.getBatch(indices);
  const samples: Sample[] = [];
  for (const index of indices) samples.push(await source.get(index)); // one by one: draws keep their order
  return collate(samples);
}

// One request after another, since each one seeds the generator.
let last: Promise<void> = Promise.resolve();
parentPort!.on('message', ({ id, indices, seed }: WorkerRequest) => {
  last = last.then(async () => {
    try {
      manualSeed(seed);
      const batch = (await makeBatch(dataset, indices)) as Tensor<DType>[];
      const tensors = batch.map(({ data, shape }) => ({ data, shape }));
      answer(
        { id, batch: tensors },
        tensors.map(({ data }) => data.buffer as ArrayBuffer),
      );
    } catch (error) {
      answer({ id, error });
    }
  });
});

answer({ length: dataset.length });
