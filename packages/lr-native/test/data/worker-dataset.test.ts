import { afterEach, describe, expect, it } from 'vitest';
import { DataLoader, workerDataset } from '../../src/data/index.ts';
import type { Dataset, WorkerDataset } from '../../src/data/index.ts';
import { manualSeed } from '../../src/random.ts';
import { Tensor } from '../../src/tensor.ts';
import type { FixtureOptions } from './worker-fixture.ts';

const register = new URL('./register-tsx.mjs', import.meta.url).href;
type S = [Tensor<'int32'>, Tensor];
const open: WorkerDataset<S>[] = [];
async function make(options: FixtureOptions, workers = 1): Promise<WorkerDataset<S>> {
  const url = new URL('./worker-fixture.ts', import.meta.url);
  const dataset = await workerDataset<S>(url, { options, workers, execArgv: ['--import', register] });
  open.push(dataset);
  return dataset;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((dataset) => dataset.close()));
});

async function epoch(dataset: Dataset<S>, prefetch: number): Promise<[number[], number[]][]> {
  manualSeed(4);
  const batches: [number[], number[]][] = [];
  for await (const [index, drawn] of new DataLoader(dataset, { batchSize: 4, shuffle: true, prefetch })) {
    batches.push([Array.from(index.data), Array.from(drawn.data)]);
  }
  return batches;
}

describe('workerDataset', () => {
  it('gives the same batches for any number of threads and batches ahead', async () => {
    const one = await make({ length: 22 });
    const expected = await epoch(one, 0);
    expect(expected.flatMap(([indices]) => indices).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 22 }, (_, i) => i),
    );
    expect(new Set(expected.flatMap(([, drawn]) => drawn)).size).toBe(22);
    expect(await epoch(one, 100)).toEqual(expected);
    const three = await make({ length: 22 }, 3);
    expect(await epoch(three, 0)).toEqual(expected);
    expect(await epoch(three, 5)).toEqual(expected);

    const [index, drawn] = await one.get(3);
    expect([index.item(), index.shape, index.dtype, drawn.shape]).toEqual([3, [], 'int32', []]);
  });

  it('resumes exactly with batches ahead', async () => {
    const dataset = await make({ length: 22 }, 2);
    const whole = await epoch(dataset, 3);
    manualSeed(4);
    const first = new DataLoader(dataset, { batchSize: 4, shuffle: true, prefetch: 3 });
    for await (const batch of first) if (batch[0].data[0] === whole[1]![0][0]) break;
    const second = new DataLoader(dataset, { batchSize: 4, shuffle: true, prefetch: 3 });
    second.setState(JSON.parse(JSON.stringify(first.getState())));
    const rest: number[][] = [];
    for await (const [, drawn] of second) rest.push(Array.from(drawn.data));
    expect(rest).toEqual(whole.slice(2).map(([, drawn]) => drawn));
  });

  it('passes on an error of a sample, and goes on', async () => {
    const dataset = await make({ length: 8, failAt: 5 });
    await expect(dataset.getBatch(Int32Array.of(4, 5))).rejects.toThrow('sample 5 is broken');
    expect((await dataset.getBatch(Int32Array.of(6)))[0].data[0]).toBe(6);
    await expect(epoch(dataset, 3)).rejects.toThrow('sample 5 is broken');
  });

  it('says that a thread ended', async () => {
    const dataset = await make({ length: 8, exitAt: 1 });
    const text = '[workerDataset] expected a thread to run but it ended with code 3';
    await expect(dataset.getBatch(Int32Array.of(1))).rejects.toThrow(text);
    await expect(dataset.getBatch(Int32Array.of(2))).rejects.toThrow(text);
  });

  it('says that the dataset cannot be made, is closed, or has no such sample', async () => {
    await expect(make({ length: -1 })).rejects.toThrow('failed: no dataset of that length');
    await expect(workerDataset(new URL('file:///none.js'))).rejects.toThrow(
      '[workerDataset] expected a thread to run',
    );
    await expect(workerDataset('x' as never)).rejects.toThrow('[workerDataset] expected module to be a URL');
    const dataset = await make({ length: 3 });
    await expect(dataset.get(3)).rejects.toThrow('[WorkerDataset] expected index to be an integer of 0 to 2');
    await dataset.close();
    await expect(dataset.get(0)).rejects.toThrow('[workerDataset] expected an open dataset but it is closed');
  });
});
