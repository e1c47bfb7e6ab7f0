/** Whole training runs from the seed alone: weights, forward, loss, backward, optimizer, against PyTorch's losses. */
import { readFileSync } from 'node:fs';
import * as core from '@org/lr-core';
import type { Optimizer, Parameter } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { defaultGenerator, getNumThreads, manualSeed, nn, setNumThreads, tensor } from '../../src/index.ts';
import type { IndexDType, Tensor } from '../../src/index.ts';

interface Run {
  model: keyof typeof MODELS;
  seed: number;
  input: number[];
  target: { classes?: number; shape?: number[] };
  /** Inputs are indices below this. */
  tokens?: number;
  loss: { type: 'CrossEntropyLoss' | 'MSELoss' };
  optimizer: { type: 'SGD' | 'Adam' | 'AdamW'; lr: number };
  losses: number[];
  error: number;
}

const { runs } = JSON.parse(readFileSync(new URL('../fixtures/training.json', import.meta.url), 'utf8')) as {
  runs: Run[];
};

const MODELS = {
  seed: () => new nn.Sequential(new nn.Conv2d(64, 10, 3), new nn.Linear(10, 3)),
  cnn: () =>
    new nn.Sequential(
      new nn.Conv2d(1, 8, 3),
      new nn.ReLU(),
      new nn.Conv2d(8, 16, 3),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(16 * 5 * 5, 32),
      new nn.ReLU(),
      new nn.Linear(32, 10),
    ),
  strided: () =>
    new nn.Sequential(
      new nn.Conv2d(3, 12, 5, { stride: 2, padding: 2 }),
      new nn.ReLU(),
      new nn.Conv2d(12, 12, 3, { padding: 'same', groups: 3 }),
      new nn.ReLU(),
      new nn.Conv2d(12, 8, 3, { dilation: 2, bias: false }),
      new nn.MaxPool2d(3, { stride: 1, padding: 1 }),
      new nn.Flatten(),
      new nn.Linear(8 * 2 * 2, 4),
    ),
  mlp: () =>
    new nn.Sequential(
      new nn.Linear(20, 64),
      new nn.ReLU(),
      new nn.Linear(64, 64),
      new nn.ReLU(),
      new nn.Linear(64, 5),
    ),
  batchNorm: () =>
    new nn.Sequential(
      new nn.Conv2d(3, 8, 3, { padding: 1 }),
      new nn.BatchNorm2d(8),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(8, 16, 3, { padding: 1, bias: false }),
      new nn.BatchNorm2d(16),
      new nn.ReLU(),
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.Linear(16, 5),
    ),
  batchNorm1d: () =>
    new nn.Sequential(new nn.Linear(12, 32), new nn.BatchNorm1d(32), new nn.Tanh(), new nn.Linear(32, 3)),
  layerNorm: () =>
    new nn.Sequential(
      new nn.Linear(20, 64),
      new nn.LayerNorm(64),
      new nn.GELU(),
      new nn.Linear(64, 48),
      new nn.LayerNorm(48),
      new nn.GELU({ approximate: 'tanh' }),
      new nn.Linear(48, 5),
    ),
  groupNorm: () =>
    new nn.Sequential(
      new nn.Conv2d(3, 12, 3),
      new nn.GroupNorm(4, 12),
      new nn.SiLU(),
      new nn.AvgPool2d(2),
      new nn.Flatten(),
      new nn.Linear(12 * 5 * 5, 4),
    ),
  smoothMlp: () =>
    new nn.Sequential(
      new nn.Linear(10, 40),
      new nn.Softplus(),
      new nn.Linear(40, 20),
      new nn.Sigmoid(),
      new nn.Linear(20, 2),
    ),
  words: () =>
    new nn.Sequential(
      new nn.Embedding(50, 16),
      new nn.Flatten(),
      new nn.Linear(16 * 7, 24),
      new nn.LeakyReLU({ negativeSlope: 0.1 }),
      new nn.Linear(24, 4),
    ),
  transformer: () =>
    new nn.Sequential(
      new nn.Embedding(30, 16),
      new nn.TransformerEncoderLayer(16, 2, { dimFeedforward: 32, dropout: 0, batchFirst: true }),
      new nn.TransformerEncoderLayer(16, 4, {
        dimFeedforward: 24,
        dropout: 0,
        activation: 'gelu',
        batchFirst: true,
        normFirst: true,
      }),
      new nn.Flatten(),
      new nn.Linear(16 * 6, 5),
    ),
  sequence: () =>
    new nn.Sequential(
      new nn.Conv1d(4, 16, 5, { padding: 2 }),
      new nn.ReLU(),
      new nn.MaxPool1d(2),
      new nn.Conv1d(16, 8, 3, { stride: 2, dilation: 2 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(8 * 4, 3),
    ),
  autoencoder: () =>
    new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { stride: 2, padding: 1 }),
      new nn.ReLU(),
      new nn.Conv2d(8, 4, 3, { stride: 2, padding: 1 }),
      new nn.ReLU(),
      new nn.ConvTranspose2d(4, 8, 3, { stride: 2, padding: 1, outputPadding: 1 }),
      new nn.ReLU(),
      new nn.ConvTranspose2d(8, 1, 2, { stride: 2 }),
    ),
  deep: () =>
    new nn.Sequential(
      new nn.Conv2d(3, 8, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Conv2d(8, 8, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(8, 16, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Conv2d(16, 16, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(16, 32, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.Linear(32, 6),
    ),
};

function uniform(shape: number[]): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  defaultGenerator.uniform_(data, -1, 1);
  return tensor(data, { shape });
}

function indices(limit: number, shape: number[]): Tensor<'int32'> {
  const length = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Int32Array.from({ length }, () => Number(defaultGenerator.randint(0, limit))),
    { shape },
  );
}

function train(run: Run): number[] {
  manualSeed(run.seed);
  const model = MODELS[run.model]();
  const x = run.tokens === undefined ? uniform(run.input) : indices(run.tokens, run.input);
  const { classes, shape } = run.target;
  const target = classes === undefined ? uniform(shape!) : indices(classes, [run.input[0]!]);
  const { type: lossType, ...lossOptions } = run.loss;
  const loss = new nn[lossType](lossOptions);
  const { type, ...options } = run.optimizer;
  const Optimizer = core[type] as new (params: Iterable<Parameter>, options: object) => Optimizer;
  const optimizer = new Optimizer(model.parameters(), options);
  return run.losses.map(() => {
    optimizer.zeroGrad();
    const value = loss.forward(model.forward(x as Tensor), target as Tensor & Tensor<IndexDType>);
    value.backward();
    optimizer.step();
    return value.item();
  });
}

describe('training runs', () => {
  it.each(
    runs.map(
      (run) => [`${run.model} ${JSON.stringify(run.optimizer)} ${JSON.stringify(run.loss)}`, run] as const,
    ),
  )('%s', (_, run) => {
    const losses = train(run);
    // What PyTorch's own float32 strays from float64, which is at least the rounding of one loss, several times over
    const bound = 8 * Math.max(run.error, 2 ** -23);
    losses.forEach((loss, i) =>
      expect(Math.abs(loss - run.losses[i]!) / Math.abs(run.losses[i]!)).toBeLessThan(bound),
    );
  });

  it('has the same bits for any number of threads', () => {
    const before = getNumThreads();
    const run = runs.find(({ model }) => model === 'cnn')!;
    const [one, ...others] = [1, 2, 3, 8].map((threads) => {
      setNumThreads(threads);
      return train(run);
    });
    setNumThreads(before);
    for (const other of others) expect(other).toEqual(one);
  });
});
