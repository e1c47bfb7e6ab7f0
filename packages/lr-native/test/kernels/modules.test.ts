/** Modules against PyTorch's: the weights of the seed, outputs in both modes, gradients, names and values of the state. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromTypedArray, manualSeed, nn } from '../../src/index.ts';
import type { DType, Tensor } from '../../src/index.ts';

interface Stored {
  shape: number[];
  data: string;
}
interface Case {
  module: string;
  args: unknown[];
  seed: number;
  initial: Record<string, Stored>;
  inputs: [Stored, Stored, Stored];
  integers: boolean;
  y: [Stored, Stored, Stored];
  dy: Stored;
  dx: Stored | null;
  grads: Record<string, Stored>;
  state: Record<string, Stored>;
}

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/modules.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

function decode({ data }: Stored): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(data, 'base64')).buffer);
}

/** Sums of at most 54 products, divided by standard deviations down to 1/4: 64 eps of the largest magnitude or 1. */
function expectClose(actual: ArrayLike<number>, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const bound = 64 * 2 ** -24 * expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  expected.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(bound));
}

function numbers(tensor: Tensor<DType>): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

describe('modules', () => {
  it.each(cases.map((c) => [`${c.module}(${JSON.stringify(c.args).slice(1, -1)})`, c] as const))(
    '%s',
    (_, c) => {
      manualSeed(c.seed);
      const Class = nn[c.module as 'Conv2d'] as unknown as new (...args: unknown[]) => nn.Module;
      const module = new Class(...c.args);
      expect(Object.keys(module.stateDict()).sort()).toEqual(Object.keys(c.initial).sort());
      for (const [name, value] of Object.entries(module.stateDict())) {
        expect(value.shape).toEqual(c.initial[name]!.shape);
        expect(numbers(value)).toEqual(Array.from(decode(c.initial[name]!)));
      }
      c.inputs.forEach((stored, i) => {
        const values = decode(stored);
        const x = fromTypedArray(c.integers ? Int32Array.from(values) : values, stored.shape) as Tensor;
        if (!c.integers) x.requiresGrad = true;
        module.train(i < 2);
        module.zeroGrad();
        const y = module.forward(x);
        expect(y.shape).toEqual(c.y[i]!.shape);
        expectClose(y.data, decode(c.y[i]!));
        if (i !== 1) return;
        y.backward(fromTypedArray(decode(c.dy), c.dy.shape));
        if (c.dx !== null) expectClose(x.grad!, decode(c.dx));
        const grads = Object.fromEntries(module.namedParameters().map(([name, { grad }]) => [name, grad!]));
        expect(Object.keys(grads)).toEqual(Object.keys(c.grads));
        for (const [name, grad] of Object.entries(grads)) expectClose(grad, decode(c.grads[name]!));
        for (const [name, value] of Object.entries(module.stateDict())) {
          expectClose(numbers(value), decode(c.state[name]!));
        }
      });
    },
  );
});
