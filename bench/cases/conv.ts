/** Convolutions: each pass, and forward with both gradients, in memory that is there, as a captured step has it. */
import { Generator, Tensor, addon, tensor } from '@org/lr-native';
import type { Case } from '../case.ts';

/** batch, in, size, out, kernel, stride, padding, groups, and the ratio of forward plus backward that is aimed at. */
const SHAPES: [number, number, number, number, number, number, number, number, number][] = [
  [32, 64, 56, 64, 3, 1, 1, 1, 1.8],
  [32, 128, 28, 128, 3, 1, 1, 1, 1.8],
  [32, 256, 14, 256, 3, 1, 1, 1, 1.8],
  [32, 512, 7, 512, 3, 1, 1, 1, 1.8],
  [32, 64, 56, 64, 1, 1, 0, 1, 1.8],
  [32, 256, 56, 64, 1, 1, 0, 1, 1.8],
  [16, 3, 224, 64, 7, 2, 3, 1, 1.8],
  [64, 1, 28, 32, 3, 1, 0, 1, 1.8],
  [64, 32, 26, 64, 3, 1, 0, 1, 1.8],
  [8, 64, 12, 10, 3, 1, 0, 1, 1.8],
  [1, 64, 56, 64, 3, 1, 1, 1, 1.8],
  [32, 64, 56, 64, 3, 1, 1, 64, 1.1],
];

type Direction = 'forward' | 'input' | 'weight' | 'both';

function random(shape: readonly number[], seed: number): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return tensor(new Generator(seed).uniform_(data, -1, 1), { shape });
}

export const conv: Case[] = SHAPES.flatMap(([n, c, size, k, kernel, stride, padding, groups, goal]) => {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const pass = 2 * n * k * out * out * (c / groups) * kernel * kernel;
  const shapes = { x: [n, c, size, size], w: [k, c / groups, kernel, kernel], y: [n, k, out, out] };
  const calls: Record<Direction, () => () => unknown> = {
    forward: () => {
      const { geometry, x, w, y } = arrays();
      return () => addon.conv2dForward(geometry, x, w, null, y);
    },
    input: () => {
      const { geometry, x, w, y } = arrays();
      return () => addon.conv2dBackwardInput(geometry, y, w, x);
    },
    weight: () => {
      const { geometry, x, w, y } = arrays();
      return () => addon.conv2dBackwardWeight(geometry, x, y, w, null);
    },
    both: () => {
      const passes = [calls.forward(), calls.input(), calls.weight()];
      return () => passes.forEach((pass) => pass());
    },
  };
  const arrays = (): Record<'x' | 'w' | 'y', Float32Array> & { geometry: Int32Array } => ({
    geometry: Int32Array.of(
      n, c, size, size, k, out, out, kernel, kernel, stride, stride, padding, padding, 1, 1, groups, 0, 0,
    ), // prettier-ignore
    x: random(shapes.x, 1).data,
    w: random(shapes.w, 2).data,
    y: random(shapes.y, 3).data,
  });
  const name = `conv (${[n, c, size, k, kernel, stride, padding].join(',')}${groups > 1 ? ` groups ${groups}` : ''})`;
  return (['forward', 'input', 'weight', 'both'] as const).map((direction): Case => ({
    name: `${name} ${direction}`,
    flops: direction === 'both' ? 3 * pass : pass,
    ...(direction === 'both' ? { goal } : {}),
    ours: calls[direction],
    peer: { kind: 'conv', n, c, size, k, kernel, stride, padding, groups, direction },
  }));
});
