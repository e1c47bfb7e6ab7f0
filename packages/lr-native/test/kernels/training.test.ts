/** Whole training runs from the seed alone: weights, forward, loss, backward, optimizer, against PyTorch's losses. */
import { readFileSync } from 'node:fs';
import * as core from '@org/lr-core';
import type { Optimizer, Parameter } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import {
  defaultGenerator,
  fromTypedArray,
  getNumThreads,
  manualSeed,
  nn,
  setNumThreads,
} from '../../src/index.ts';
import type { IndexDType, Tensor } from '../../src/index.ts';

interface Run {
  model: keyof typeof MODELS;
  seed: number;
  input: number[];
  target: { classes?: number; shape?: number[] };
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
};

function uniform(shape: number[]): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  defaultGenerator.uniform_(data, -1, 1);
  return fromTypedArray(data, shape);
}

function train(run: Run): number[] {
  manualSeed(run.seed);
  const model = MODELS[run.model]();
  const x = uniform(run.input);
  const { classes, shape } = run.target;
  const target =
    classes === undefined
      ? uniform(shape!)
      : fromTypedArray(
          Int32Array.from({ length: run.input[0]! }, () => Number(defaultGenerator.randint(0, classes))),
        );
  const { type: lossType, ...lossOptions } = run.loss;
  const loss = new nn[lossType](lossOptions);
  const { type, ...options } = run.optimizer;
  const Optimizer = core[type] as new (params: Iterable<Parameter>, options: object) => Optimizer;
  const optimizer = new Optimizer(model.parameters(), options);
  return run.losses.map(() => {
    optimizer.zeroGrad();
    const value = loss.forward(model.forward(x), target as Tensor & Tensor<IndexDType>);
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
    losses.forEach((loss, i) => expect(Math.abs(loss - run.losses[i]!) / run.losses[i]!).toBeLessThan(bound));
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
