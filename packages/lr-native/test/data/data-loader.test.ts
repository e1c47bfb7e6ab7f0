import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataLoader, Subset, TensorDataset, TransformedDataset, randomSplit } from '../../src/data/index.ts';
import type { DataLoaderOptions, Dataset } from '../../src/data/index.ts';
import { Generator, defaultGenerator, manualSeed } from '../../src/random.ts';
import { Tensor } from '../../src/tensor.ts';

interface Fixtures {
  loaders: {
    seed: number;
    length: number;
    ownGenerator: boolean;
    options: { batchSize?: number; shuffle?: boolean; dropLast?: boolean };
    epochs: { batch: number[]; drawn: number; own: number | null }[][];
  }[];
  split: number[][];
}
const url = new URL('../fixtures/data.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(url, 'utf8')) as Fixtures;

const counting = (length: number): TensorDataset<[Tensor<'int32'>]> =>
  new TensorDataset(new Tensor(Int32Array.from({ length }, (_, i) => i)));

/** The same dataset without getBatch, and with promises. */
const asynchronous = (length: number): Dataset<[Tensor<'int32'>]> => ({
  length,
  get: async (index) => counting(length).get(index),
});

const rand = (generator: Generator): number => generator.uniform_(new Float32Array(1))[0]!;

describe('DataLoader follows torch.utils.data.DataLoader', () => {
  it.each(fixtures.loaders)(
    'seed $seed, $length samples, own generator $ownGenerator, $options',
    (expected) => {
      manualSeed(expected.seed);
      const generator = expected.ownGenerator ? new Generator(expected.seed + 1) : undefined;
      const loader = new DataLoader(counting(expected.length), { ...expected.options, generator });
      const epochs = expected.epochs.map(() =>
        Array.from(loader, ([batch]) => ({
          batch: Array.from(batch.data),
          own: generator ? rand(generator) : null,
          drawn: rand(defaultGenerator),
        })),
      );
      expect(epochs).toEqual(expected.epochs);
      expect(loader.length).toBe(expected.epochs[0]!.length);
    },
  );

  it('randomSplit', () => {
    manualSeed(6);
    const parts = randomSplit(counting(20), [12, 5, 3]);
    expect(parts.map(({ indices }) => Array.from(indices))).toEqual(fixtures.split);
  });
});

describe('iteration', () => {
  const options = { batchSize: 3, shuffle: true };

  it('is the same with for await, for asynchronous datasets too', async () => {
    const order = async (dataset: Dataset<[Tensor<'int32'>]>): Promise<number[][]> => {
      manualSeed(1);
      const batches = [];
      for await (const [batch] of new DataLoader(dataset, options)) batches.push(Array.from(batch.data));
      return batches;
    };
    manualSeed(1);
    const expected = Array.from(new DataLoader(counting(10), options), ([batch]) => Array.from(batch.data));
    expect(await order(counting(10))).toEqual(expected);
    expect(await order(asynchronous(10))).toEqual(expected);
  });

  it('needs for await where get returns promises', () => {
    expect(() => [...new DataLoader(asynchronous(4))]).toThrow('[DataLoader] expected a synchronous dataset');
  });

  it('takes a collate function of one’s own', () => {
    const loader = new DataLoader(counting(5), {
      batchSize: 2,
      collate: (samples) => samples.map(([x]) => x.item()),
    });
    expect([...loader]).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('stacks tensors and numbers', () => {
    const dataset: Dataset<[Tensor, number]> = {
      length: 3,
      get: (i) => [new Tensor(Float32Array.of(i, i + 0.5), [2, 1]), i / 4],
    };
    const [[x, y]] = [...new DataLoader(dataset, { batchSize: 3 })] as [[Tensor, Tensor]];
    expect([x.shape, Array.from(x.data)]).toEqual([
      [3, 2, 1],
      [0, 0.5, 1, 1.5, 2, 2.5],
    ]);
    expect([y.shape, y.dtype, Array.from(y.data)]).toEqual([[3], 'float32', [0, 0.25, 0.5]]);
  });

  it('goes through subsets and transforms', () => {
    const doubled = new TransformedDataset(new Subset(counting(10), [7, 1, 4]), ([x]) => [x.item() * 2]);
    expect(Array.from(new DataLoader(doubled, { batchSize: 2 }), ([x]) => Array.from(x.data))).toEqual([
      [14, 2],
      [8],
    ]);
  });

  it('is empty without samples', () => {
    expect([...new DataLoader(counting(0))]).toEqual([]);
  });
});

describe('state', () => {
  it('resumes exactly: the rest of the epoch and all that follow, through JSON', () => {
    const loader = fc.record({
      seed: fc.integer(),
      length: fc.integer({ min: 1, max: 30 }),
      batchSize: fc.integer({ min: 1, max: 8 }),
      shuffle: fc.boolean(),
      dropLast: fc.boolean(),
      own: fc.boolean(),
      stop: fc.nat(40),
    });
    fc.assert(
      fc.property(loader, ({ seed, length, own, stop, ...options }) => {
        const make = (): DataLoader<[Tensor<'int32'>]> =>
          new DataLoader(counting(length), { ...options, generator: own ? new Generator(seed) : undefined });
        // Runs 3 epochs of a training loop; `saved` is what a checkpoint after step `stop` holds.
        const train = (
          dataLoader: DataLoader<[Tensor<'int32'>]>,
          firstEpoch: number,
          firstStep: number,
          save: (epoch: number) => void,
        ): unknown[] => {
          const log: unknown[] = [];
          let step = firstStep;
          for (let epoch = firstEpoch; epoch < 3; epoch++) {
            for (const [batch] of dataLoader) {
              log.push([epoch, Array.from(batch.data), rand(defaultGenerator)]);
              if (step++ === stop) save(epoch);
            }
          }
          return log;
        };
        manualSeed(seed);
        let saved: string | undefined;
        const first = make();
        const whole = train(first, 0, 0, (epoch) => {
          saved = JSON.stringify({ epoch, loader: first.getState(), random: defaultGenerator.getState() });
        });
        if (saved === undefined) return;
        manualSeed(99);
        const state = JSON.parse(saved);
        const second = make();
        second.setState(state.loader);
        defaultGenerator.setState(state.random);
        expect(train(second, state.epoch, stop + 1, () => {})).toEqual(whole.slice(stop + 1));
      }),
    );
  });

  const loader = new DataLoader(counting(10), { batchSize: 3, shuffle: true });
  const state = loader.getState();
  const sampler = new Generator().getState();
  it.each([
    ['null', null, 'state to be an object of getState() but received null'],
    ['position', { ...state, position: 5 }, 'state.position to be at most 4 batches but received 5'],
    ['a missing sampler', { ...state, running: true, position: 1 }, 'state.sampler to be a GeneratorState'],
    ['a sampler', { ...state, sampler }, 'state.sampler to be null'],
    ['a generator', { ...state, generator: sampler }, 'state.generator to be null'],
  ])('refuses %s', (_, wrong, text) => {
    expect(() => loader.setState(wrong as typeof state)).toThrow(`[DataLoader.setState] expected ${text}`);
    expect(loader.getState()).toEqual(state);
  });
});

describe('wrong arguments', () => {
  it.each([
    ['batchSize', { batchSize: 0 }, 'batchSize to be an integer >= 1 but received 0'],
    ['shuffle', { shuffle: 1 }, 'shuffle to be true or false but received 1'],
    ['generator', { generator: 5 }, 'generator to be a Generator but received 5'],
    ['collate', { collate: 5 }, 'collate to be a function but received 5'],
  ])('%s', (_, options, text) => {
    const make = (): unknown =>
      new DataLoader(counting(3), options as DataLoaderOptions<[Tensor<'int32'>], unknown>);
    expect(make).toThrow(`[DataLoader] expected ${text}`);
  });

  it('datasets', () => {
    const x = new Tensor(new Float32Array(6), [2, 3]);
    expect(() => new DataLoader([1] as never)).toThrow('[DataLoader] expected dataset to be a Dataset');
    expect(() => new DataLoader(counting(0), { shuffle: true })).toThrow(
      'expected dataset.length to be >= 1 to shuffle',
    );
    expect(() => new TensorDataset(x, new Tensor(new Float32Array(3)))).toThrow(
      '[TensorDataset] expected tensors[1] to be of 2 samples but received [3]',
    );
    expect(() => new TensorDataset(x).get(2)).toThrow(
      '[TensorDataset] expected index to be an integer of 0 to 1',
    );
    expect(() => new Subset(counting(3), [3])).toThrow('[Subset] expected index to be an integer of 0 to 2');
    expect(() => randomSplit(counting(3), [1, 1])).toThrow(
      '[randomSplit] expected the sum of lengths to be 3',
    );
  });

  it('samples that differ', () => {
    const load = (...samples: unknown[]): unknown => {
      const dataset = { length: samples.length, get: (i: number) => samples[i] } as unknown as Dataset;
      return [...new DataLoader(dataset, { batchSize: samples.length })];
    };
    const x = new Tensor(new Float32Array(2));
    expect(() => load(5)).toThrow('[collate] expected a sample to be an array of fields');
    expect(() => load([x], [1])).toThrow('[collate] expected field 0 of every sample to be a float32 Tensor');
    expect(() => load([1], [x])).toThrow('[collate] expected field 0 of every sample to be a number');
    expect(() => load([x], [new Tensor(new Float32Array(3))])).toThrow('to be of shape [2] but received [3]');
    expect(() => load(['a'])).toThrow(
      '[collate] expected field 0 to be a Tensor or a number but received "a"',
    );
  });
});
