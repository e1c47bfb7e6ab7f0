/** What is bound by memory: forward and backward of pooling, norms, softmax, losses, functions of one element. */
import { F, Generator, ones, tensor } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';
import type { Case } from '../case.ts';

interface Row {
  op: string;
  shape: number[];
  /** Arrays of the size of x that both passes read or write, at the least. */
  arrays: number;
  options?: Record<string, number>;
  /** Number of classes, of which each row of x has one. */
  classes?: number;
  fn: (x: Tensor, target: Tensor<'int32'>) => Tensor;
}

const ROWS: Row[] = [
  { op: 'relu', shape: [64, 64, 56, 56], arrays: 5, fn: (x) => F.relu(x) },
  { op: 'gelu', shape: [64, 128, 1024], arrays: 5, fn: (x) => F.gelu(x) },
  { op: 'add', shape: [64, 64, 56, 56], arrays: 3, fn: (x) => F.add(x, x) },
  { op: 'softmax', shape: [64, 12, 128, 128], arrays: 5, fn: (x) => F.softmax(x, { dim: -1 }) },
  { op: 'layerNorm', shape: [8192, 1024], arrays: 5, fn: (x) => F.layerNorm(x, { normalizedShape: [1024] }) },
  {
    op: 'batchNorm',
    shape: [32, 64, 56, 56],
    arrays: 5,
    fn: (x) => F.batchNorm(x, null, null, { training: true }),
  },
  {
    op: 'maxPool2d',
    shape: [64, 64, 24, 24],
    arrays: 2.5,
    options: { kernel: 2 },
    fn: (x) => F.maxPool2d(x, { kernelSize: 2 }),
  },
  {
    op: 'crossEntropy',
    shape: [4096, 1000],
    arrays: 3,
    classes: 1000,
    fn: (x, target) => F.crossEntropy(x, target),
  },
  { op: 'sum', shape: [64, 64, 56, 56], arrays: 2, fn: (x) => F.sum(x) },
];

export const ops: Case[] = ROWS.map(({ op, shape, arrays, options = {}, classes = 1, fn }) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return {
    name: `op ${op} [${shape.join(', ')}]`,
    bytes: 4 * arrays * size,
    ours: () => {
      const x = tensor(new Generator(0).uniform_(new Float32Array(size), -1, 1), { shape });
      const target = tensor(Int32Array.from({ length: shape[0]! }, (_, i) => i % classes));
      x.requiresGrad = true;
      const dy = ones(fn(x, target).shape);
      return () => {
        x.grad = null;
        fn(x, target).backward(dy);
      };
    },
    peer: { kind: 'op', name: op, shape, options },
  };
});
