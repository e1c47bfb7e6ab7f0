/** Optimizer steps: many parameters, and many small tensors. */
import { Adam, AdamW, SGD } from '@org/lr-core';
import type { Optimizer, Parameter } from '@org/lr-core';
import { Generator, tensor } from '@org/lr-native';
import type { Case } from '../case.ts';

const OPTIMIZERS = { Adam, AdamW, SGD } as Record<
  string,
  new (params: Parameter[], options: object) => Optimizer
>;

/** Arrays that a step reads or writes: parameter, gradient, state. */
const ARRAYS: Record<string, number> = { Adam: 7, AdamW: 7, SGD: 3 };

const ROWS: [optimizer: string, tensors: number, size: number, fused: boolean, goal: number | undefined][] = [
  ['Adam', 160, 156_250, true, 1],
  ['Adam', 160, 156_250, false, 2.3],
  ['AdamW', 160, 156_250, true, 1],
  ['SGD', 160, 156_250, false, undefined],
  ['Adam', 100, 64, false, 40],
  ['Adam', 100, 64, true, undefined],
];

export const optimizers: Case[] = ROWS.map(([name, tensors, size, fused, goal]) => ({
  name: `optimizer ${name} ${tensors}x${size}, PyTorch ${fused ? 'fused' : 'default'}`,
  bytes: 4 * ARRAYS[name]! * tensors * size,
  ...(goal === undefined ? {} : { goal }),
  ours: () => {
    const random = new Generator(0);
    const params = Array.from({ length: tensors }, () => {
      const uniform = () => tensor(random.uniform_(new Float32Array(size), -1, 1));
      const param = uniform();
      param.requiresGrad = true;
      param.grad = uniform().data;
      return param;
    });
    const optimizer = new OPTIMIZERS[name]!(params, { lr: 1e-3 });
    return () => optimizer.step();
  },
  peer: { kind: 'optimizer', name, tensors, size, fused },
}));
