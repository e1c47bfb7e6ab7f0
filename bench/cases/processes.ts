/** Fresh processes: how soon the first step is done, how much memory training takes. */
import type { ProcessCase, ProcessRequest } from '../case.ts';

const mnist = {
  model: 'mnist',
  input: [64, 1, 28, 28],
  target: 10,
  loss: 'CrossEntropyLoss',
  calls: 20,
} as const satisfies Omit<ProcessRequest, 'compiled'>;

export const processes: ProcessCase[] = [
  {
    name: 'import and first step of the seed model, batch 8, eager',
    unit: 'ms',
    threads: [1],
    request: {
      model: 'seed',
      input: [8, 64, 12, 12],
      target: [8, 10, 10, 3],
      loss: 'MSELoss',
      calls: 1,
      compiled: false,
    },
  },
  ...[true, false].map((compiled): ProcessCase => ({
    name: `peak memory of 20 steps, MNIST CNN, batch 64${compiled ? '' : ', eager'}`,
    unit: 'MB',
    threads: [1],
    request: { ...mnist, compiled },
  })),
];
