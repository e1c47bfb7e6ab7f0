/** Modules against PyTorch's: the weights of the seed, outputs in both modes, gradients, names and values of the state. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Tensor, manualSeed, nn, tensor } from '../../src/index.ts';
import type { DType } from '../../src/index.ts';

interface Stored {
  shape: number[];
  data: string;
}
interface Case {
  module: string;
  args: unknown[];
  seed: number;
  initial: Record<string, Stored>;
  /** Of each pass. */
  inputs: (Stored & { integers?: boolean })[][];
  y: [Stored, Stored, Stored];
  dy: Stored;
  dx: Stored | null;
  grads: Record<string, Stored>;
  state: Record<string, Stored>;
}

interface AttentionCase {
  module: string;
  options: object;
  call: object;
  masks: Record<string, Stored & { bool: boolean }>;
  seed: number;
  initial: Record<string, Stored>;
  weights: Record<string, Stored>;
  inputs: Stored[];
  y: Stored;
  probabilities: Stored | null;
  dy: Stored;
  dx: Stored[];
  grads: Record<string, Stored>;
}

const fixtures = JSON.parse(readFileSync(new URL('../fixtures/modules.json', import.meta.url), 'utf8')) as {
  cases: Case[];
  attention: AttentionCase[];
};

function decode({ data }: Stored): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(data, 'base64')).buffer);
}

/**
 * Sums of at most 54 products, divided by standard deviations down to 1/4; attention chains sums of at most 16: 64 eps of
 * the largest magnitude or 1.
 */
function expectClose(given: ArrayLike<number>, expected: Float32Array): void {
  const actual = Array.from(given);
  expect(actual.length).toBe(expected.length);
  const bound =
    64 *
    2 ** -24 *
    expected
      .filter((value) => !Number.isNaN(value))
      .reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  expected.forEach((value, i) => {
    if (Number.isNaN(value)) expect(actual[i]).toBeNaN();
    else expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(bound);
  });
}

function numbers(tensor: Tensor<DType>): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

describe('modules', () => {
  it.each(fixtures.cases.map((c) => [`${c.module}(${JSON.stringify(c.args).slice(1, -1)})`, c] as const))(
    '%s',
    (_, c) => {
      manualSeed(c.seed);
      const Class = nn[c.module as 'Conv2d'] as unknown as new (...args: unknown[]) => nn.Module<unknown>;
      const module = new Class(...c.args);
      expect(Object.keys(module.stateDict()).sort()).toEqual(Object.keys(c.initial).sort());
      for (const [name, value] of Object.entries(module.stateDict())) {
        expect(value.shape).toEqual(c.initial[name]!.shape);
        expect(numbers(value)).toEqual(Array.from(decode(c.initial[name]!)));
      }
      c.inputs.forEach((stored, i) => {
        const xs = stored.map(({ integers, ...x }) => {
          const values = decode(x);
          return tensor(integers ? Int32Array.from(values) : values, { shape: x.shape }) as Tensor;
        });
        const [x] = xs as [Tensor];
        if (c.dx !== null) x.requiresGrad = true;
        module.train(i < 2);
        module.zeroGrad();
        manualSeed(c.seed);
        const y = module.forward(...xs) as Tensor;
        expect(y.shape).toEqual(c.y[i]!.shape);
        expectClose(y.data, decode(c.y[i]!));
        if (i !== 1) return;
        y.backward(tensor(decode(c.dy), { shape: c.dy.shape }));
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

/** What only holds other modules, or is none; attention has fixtures of its own, and MaxUnpool2d takes what a pool gives. */
const ELSEWHERE = [
  'Buffer',
  'MaxUnpool2d',
  'Module',
  'ModuleDict',
  'ModuleList',
  'MultiheadAttention',
  'Parameter',
  'ParameterDict',
  'ParameterList',
  'Sequential',
  'TransformerEncoder',
  'TransformerEncoderLayer',
];

it('has a fixture of every module', () => {
  const covered = new Set([...fixtures.cases.map(({ module }) => module), ...ELSEWHERE]);
  expect(Object.keys(nn).filter((name) => !covered.has(name))).toEqual([]);
});

/** With 8 features and 2 heads, as the generator makes it. */
function attentionModule({ module, options }: AttentionCase): nn.Module<unknown> {
  if (module === 'MultiheadAttention') return new nn.MultiheadAttention(8, 2, options);
  const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 12, dropout: 0, ...options });
  if (module === 'TransformerEncoderLayer') return layer;
  return new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(8) });
}

function maskOf(stored: Stored & { bool: boolean }): nn.Mask {
  const values = decode(stored);
  if (stored.bool)
    return tensor(Uint8Array.from(values), { shape: stored.shape, dtype: 'bool' }) as Tensor<'bool'>;
  return tensor(values, { shape: stored.shape });
}

describe('attention', () => {
  it.each(
    fixtures.attention.map((c) => {
      const given = [c.options, c.call, Object.keys(c.masks), c.inputs.map(({ shape }) => shape)];
      return [`${c.module} ${given.map((part) => JSON.stringify(part)).join(' ')}`, c] as const;
    }),
  )('%s', (_, c) => {
    manualSeed(c.seed);
    const module = attentionModule(c);
    const state = module.stateDict();
    expect(Object.keys(state)).toEqual(Object.keys(c.initial));
    for (const [name, value] of Object.entries(state)) {
      expect(value.shape).toEqual(c.initial[name]!.shape);
      expect(numbers(value)).toEqual(Array.from(decode(c.initial[name]!)));
    }
    module.loadStateDict(
      Object.fromEntries(
        Object.entries(c.weights).map(([name, stored]) => [
          name,
          tensor(decode(stored), { shape: stored.shape }),
        ]),
      ),
    );
    const inputs = c.inputs.map((stored) =>
      tensor(decode(stored), { shape: stored.shape, requiresGrad: true }),
    );
    const masks = Object.entries(c.masks).map(([name, stored]) => [name, maskOf(stored)] as const);
    manualSeed(c.seed);
    const returned = module.forward(...inputs, { ...c.call, ...Object.fromEntries(masks) });
    const [y, probabilities] = (Array.isArray(returned) ? returned : [returned, null]) as [
      Tensor,
      Tensor | null,
    ];
    expect(y.shape).toEqual(c.y.shape);
    expectClose(y.data, decode(c.y));
    expect(probabilities?.shape).toEqual(c.probabilities?.shape);
    if (c.probabilities !== null) expectClose(probabilities!.data, decode(c.probabilities));
    y.backward(tensor(decode(c.dy), { shape: c.dy.shape }));
    inputs.forEach(({ grad }, i) => expectClose(grad!, decode(c.dx[i]!)));
    const grads = module.namedParameters();
    expect(grads.map(([name]) => name)).toEqual(Object.keys(c.grads));
    for (const [name, { grad }] of grads) expectClose(grad!, decode(c.grads[name]!));
  });
});
