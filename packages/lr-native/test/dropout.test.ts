import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { dropout } from '../src/ops/dropout.ts';
import { defaultGenerator, manualSeed } from '../src/random.ts';
import { Tensor } from '../src/tensor.ts';
import { expectBits } from './digest.ts';
import type { Digest } from './digest.ts';

const url = new URL('fixtures/init.json', import.meta.url);
const fixtures = (
  JSON.parse(readFileSync(url, 'utf8')) as { dropout: ({ p: number; after: number } & Digest)[] }
).dropout;

it.each(fixtures)(
  'dropout of $p keeps what PyTorch keeps, from the same seed',
  ({ p, after, ...expected }) => {
    manualSeed(5);
    const x = new Tensor(Float32Array.from({ length: 1001 }, (_, i) => i));
    x.requiresGrad = true;
    const y = dropout(x, { p });
    expectBits('dropout', y.data, expected);
    expect(defaultGenerator.uniform_(new Float32Array(1))[0]).toBe(after);
    y.backward(new Tensor(x.data));
    expectBits('gradient', x.grad!, expected); // dx = dy · mask, and dy is x here
  },
);
