/** Whole training steps: forward, loss, backward, optimizer; captured by compileStep, and eager. */
import * as core from '@org/lr-core';
import type { Optimizer, Parameter } from '@org/lr-core';
import { F, Generator, compileStep, manualSeed, nn, tensor } from '@org/lr-native';
import type { DType, Tensor } from '@org/lr-native';
import type { Case } from '../case.ts';
import { mnist, seed } from '../models.mjs';

/** `x + body(x)`, as in a residual network. */
class Residual extends nn.Module {
  readonly body: nn.Sequential;
  constructor(width: number) {
    super();
    this.body = new nn.Sequential(...block(width, width));
  }
  forward(x: Tensor): Tensor {
    return F.add(x, this.body.forward(x) as Tensor);
  }
}

const block = (inputs: number, outputs: number): nn.Module[] => [
  new nn.Conv2d(inputs, outputs, 3, { padding: 1, bias: false }),
  new nn.BatchNorm2d(outputs),
  new nn.ReLU(),
];

export const MODELS: Record<string, () => nn.Module> = {
  seed,
  mnist,
  mlp: () =>
    new nn.Sequential(
      new nn.Linear(1024, 1024),
      new nn.ReLU(),
      new nn.Linear(1024, 1024),
      new nn.ReLU(),
      new nn.Linear(1024, 10),
    ),
  cifar: () =>
    new nn.Sequential(
      ...block(3, 64),
      new Residual(64),
      new nn.MaxPool2d(2),
      ...block(64, 128),
      new Residual(128),
      new nn.MaxPool2d(2),
      ...block(128, 256),
      new Residual(256),
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.Linear(256, 10),
    ),
  transformer: () =>
    new nn.Sequential(
      ...[0, 1].map(
        () => new nn.TransformerEncoderLayer(256, 4, { dimFeedforward: 1024, dropout: 0, batchFirst: true }),
      ),
    ),
};

interface Row {
  name: string;
  model: string;
  input: number[];
  /** Number of classes, or the shape of float targets. */
  target: number | number[];
  loss: 'CrossEntropyLoss' | 'MSELoss';
  optimizer: string;
  options: object;
  channelsLast?: boolean;
  goal: number;
  eagerGoal?: number;
}

const seedRow = (batch: number, goal: number, eagerGoal?: number): Row => ({
  name: `seed model, batch ${batch}`,
  model: 'seed',
  input: [batch, 64, 12, 12],
  target: [batch, 10, 10, 3],
  loss: 'MSELoss',
  optimizer: 'Adam',
  options: { lr: 1e-3 },
  goal,
  ...(eagerGoal === undefined ? {} : { eagerGoal }),
});

const ROWS: Row[] = [
  seedRow(1, 8, 4),
  seedRow(8, 6),
  seedRow(64, 2.5),
  {
    name: 'MNIST CNN, batch 64',
    model: 'mnist',
    input: [64, 1, 28, 28],
    target: 10,
    loss: 'CrossEntropyLoss',
    optimizer: 'Adam',
    options: { lr: 1e-3 },
    goal: 3,
  },
  {
    name: 'MNIST CNN, batch 64, PyTorch channels-last',
    model: 'mnist',
    input: [64, 1, 28, 28],
    target: 10,
    loss: 'CrossEntropyLoss',
    optimizer: 'Adam',
    options: { lr: 1e-3 },
    channelsLast: true,
    goal: 3,
  },
  {
    name: 'MLP 1024-1024-1024-10, batch 256',
    model: 'mlp',
    input: [256, 1024],
    target: 10,
    loss: 'CrossEntropyLoss',
    optimizer: 'Adam',
    options: { lr: 1e-3 },
    goal: 1.9,
  },
  {
    name: 'residual CIFAR CNN, batch 32',
    model: 'cifar',
    input: [32, 3, 32, 32],
    target: 10,
    loss: 'CrossEntropyLoss',
    optimizer: 'SGD',
    options: { lr: 0.1, momentum: 0.9 },
    goal: 1.8,
  },
  {
    name: 'transformer encoder, 2 layers, 16x64x256',
    model: 'transformer',
    input: [16, 64, 256],
    target: [16, 64, 256],
    loss: 'MSELoss',
    optimizer: 'AdamW',
    options: { lr: 1e-3 },
    goal: 1.5,
  },
];

function random(shape: readonly number[]): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return tensor(new Generator(0).uniform_(data, -1, 1), { shape: [...shape] });
}

function build(row: Row, compiled: boolean): () => number {
  manualSeed(0);
  const model = MODELS[row.model]!();
  const x = random(row.input);
  const target: Tensor<DType> =
    typeof row.target === 'number'
      ? tensor(Int32Array.from({ length: row.input[0]! }, (_, i) => i % (row.target as number)))
      : random(row.target);
  const loss = new nn[row.loss]();
  const Class = core[row.optimizer as 'Adam'] as new (params: Parameter[], options: object) => Optimizer;
  const optimizer = new Class(model.parameters(), row.options);
  if (compiled) {
    const step = compileStep({ model, loss, optimizer });
    return () => step(x, target);
  }
  return () => {
    optimizer.zeroGrad();
    const value = loss.forward(model.forward(x) as Tensor, target as Tensor) as Tensor;
    value.backward();
    optimizer.step();
    return value.item();
  };
}

export const steps: Case[] = ROWS.flatMap((row) =>
  [true, false].map((compiled): Case => {
    const goal = compiled ? row.goal : row.eagerGoal;
    const { model, input, target, loss, optimizer, options, channelsLast = false } = row;
    return {
      name: `step ${row.name}${compiled ? '' : ', eager'}`,
      ...(goal === undefined ? {} : { goal }),
      ours: () => build(row, compiled),
      peer: { kind: 'step', model, input, target, loss, optimizer, options, channels_last: channelsLast },
    };
  }),
);
