/** Matrix products, through the addon: square ones, and the shapes of the linear layers of the MNIST CNN. */
import { Generator, addon, tensor } from '@org/lr-native';
import type { Case } from '../case.ts';

const SIZES: [number, number, number][] = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [64, 128, 9216],
  [64, 9216, 128],
  [128, 9216, 64],
  [256, 1024, 1024],
  [64, 10, 128],
  [1, 1024, 1024],
];

export const gemm: Case[] = SIZES.flatMap(([m, n, k]) =>
  (
    [
      ['NN', false, false],
      ['NT', false, true],
      ['TN', true, false],
    ] as const
  ).map(([layout, ta, tb]): Case => {
    const square = m === n && n === k;
    return {
      name: `gemm ${m}x${n}x${k} ${layout}`,
      flops: 2 * m * n * k,
      ...(square && m >= 512 ? { goal: 1.9 } : {}),
      ours: () => {
        const random = new Generator(0);
        const [a, b, c] = [m * k, k * n, m * n].map(
          (size) => tensor(random.uniform_(new Float32Array(size), -1, 1)).data,
        ) as [Float32Array, Float32Array, Float32Array];
        const shape = Int32Array.of(m, n, k, ta ? m : k, tb ? k : n, n, Number(ta), Number(tb), 0);
        return () => addon.gemm(shape, a, b, c);
      },
      peer: { kind: 'gemm', m, n, k, ta, tb },
    };
  }),
);
