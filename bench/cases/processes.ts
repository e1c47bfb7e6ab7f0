/** Fresh processes: how soon the first step is done, how much memory training takes. */
import type { ProcessCase, ProcessRequest } from '../case.ts';

const mnist = {
  model: 'mnist',
  input: [64, 1, 28, 28],
  target: 10,
  loss: 'CrossEntropyLoss',
  calls: 20,
} as const satisfies Omit<ProcessRequest, 'compiled'>;

const seed: ProcessRequest = {
  model: 'seed',
  input: [8, 64, 12, 12],
  target: [8, 10, 10, 3],
  loss: 'MSELoss',
  calls: 1,
  compiled: false,
};

export const processes: ProcessCase[] = [
  {
    name: 'import and first step of the seed model, batch 8, eager',
    measure: 'import',
    threads: [1],
    request: seed,
  },
  { name: 'process of the same, from its start', measure: 'start', threads: [1], request: seed },
  ...[true, false].map((compiled): ProcessCase => ({
    name: `peak memory of 20 steps, MNIST CNN, batch 64${compiled ? '' : ', eager'}`,
    measure: 'peak',
    threads: [1],
    request: { ...mnist, compiled },
  })),
];
