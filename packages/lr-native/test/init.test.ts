import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as init from '../src/init.ts';
import { Generator, manualSeed } from '../src/random.ts';
import { expectBits } from './digest.ts';
import type { Digest } from './digest.ts';

interface Fixtures {
  inits: ({ name: string; shape: number[]; options: object } & Digest)[];
  orthogonal: { shape: number[]; options: { gain?: number }; values: number[] }[];
  gains: [init.Nonlinearity, number | null, number][];
  modules: { module: string; parameters: ({ shape: number[] } & Digest)[] }[];
}

const fixtures = JSON.parse(readFileSync(new URL('fixtures/init.json', import.meta.url), 'utf8')) as Fixtures;

const empty = (shape: number[]): { shape: number[]; data: Float32Array } => ({
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});

describe('init fills with PyTorch’s bits', () => {
  it.each(fixtures.inits)('$name $shape $options', ({ name, shape, options, ...expected }) => {
    manualSeed(7);
    const tensor = empty(shape);
    const initialise = init[name as 'normal_'] as (t: typeof tensor, o: object) => typeof tensor;
    expect(initialise(tensor, options)).toBe(tensor);
    expectBits(name, tensor.data, expected);
  });

  it('constants', () => {
    expect(init.ones_(empty([2])).data).toEqual(Float32Array.of(1, 1));
    expect(init.zeros_(init.ones_(empty([2]))).data).toEqual(Float32Array.of(0, 0));
    expect(init.constant_(empty([2]), 0.1).data).toEqual(Float32Array.of(0.1, 0.1));
  });

  it('takes a generator, and the default one otherwise', () => {
    manualSeed(3);
    const fromDefault = init.normal_(empty([5, 5])).data;
    const before = init.normal_(empty([5, 5]), { generator: new Generator(3) }).data;
    expect(before).toEqual(fromDefault);
  });

  it.each(fixtures.gains)('calculateGain(%s, %s)', (name, param, expected) => {
    expect(init.calculateGain(name, param ?? undefined)).toBe(expected);
  });
});

describe('the default parameters of modules', () => {
  it('follow torch.manual_seed(0), module after module', () => {
    manualSeed(0);
    for (const { module, parameters } of fixtures.modules) {
      const [weight, bias] = parameters;
      expectBits(module, init.kaimingUniform_(empty(weight!.shape), { a: Math.sqrt(5) }).data, weight!);
      if (bias === undefined) continue;
      const bound = 1 / Math.sqrt(init.calculateFans('test', weight!.shape).fanIn);
      expectBits(module, init.uniform_(empty(bias.shape), { a: -bound, b: bound }).data, bias);
    }
  });
});

describe('orthogonal_', () => {
  it.each(fixtures.orthogonal)('$shape $options agrees with LAPACK', ({ shape, options, values }) => {
    manualSeed(7);
    const { data } = init.orthogonal_(empty(shape), options);
    // The condition number of a random n×n matrix is about n, so float32 QR is off by about n·eps.
    const bound = Math.max(shape[0]!, data.length / shape[0]!) * 2 ** -23 * (options.gain ?? 1) * 20;
    values.forEach((value, i) => expect(Math.abs(data[i]! - value)).toBeLessThan(bound));
  });

  it('gives orthonormal rows or columns', () => {
    const rows = 30;
    const columns = 50;
    const { data } = init.orthogonal_(empty([rows, columns]));
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k < columns; k++) sum += data[i * columns + k]! * data[j * columns + k]!;
        expect(Math.abs(sum - (i === j ? 1 : 0))).toBeLessThan(2 ** -24 * Math.sqrt(columns));
      }
    }
  });
});

describe('wrong arguments', () => {
  const matrix = empty([2, 3]);
  it.each([
    [
      'uniform_',
      () => init.uniform_(matrix, { a: 2, b: 1 }),
      '[uniform_] expected from to be <= to (1) but received 2',
    ],
    [
      'normal_',
      () => init.normal_(matrix, { std: -1 }),
      '[normal_] expected std to be a number >= 0 but received -1',
    ],
    ['eye_', () => init.eye_(empty([2])), '[eye_] expected tensor to be of 2 dimensions but received [2]'],
    [
      'dirac_',
      () => init.dirac_(empty([2, 2])),
      '[dirac_] expected tensor to be of 3, 4 or 5 dimensions but received [2, 2]',
    ],
    [
      'dirac_ groups',
      () => init.dirac_(empty([4, 2, 1]), { groups: 3 }),
      '[dirac_] expected groups to be a divisor of dimension 0 (4) but received 3',
    ],
    [
      'xavierUniform_',
      () => init.xavierUniform_(empty([4])),
      '[xavierUniform_] expected tensor to be of at least 2 dimensions but received [4]',
    ],
    [
      'kaimingUniform_',
      () => init.kaimingUniform_(matrix, { mode: 'fan' as 'fan_in' }),
      '[kaimingUniform_] expected mode to be "fan_in" or "fan_out" but received "fan"',
    ],
    [
      'calculateGain',
      () => init.calculateGain('toString' as 'relu'),
      '[calculateGain] expected nonlinearity to be one of linear, conv1d, conv2d, conv3d, conv_transpose1d, ' +
        'conv_transpose2d, conv_transpose3d, sigmoid, tanh, relu, leaky_relu, selu but received "toString"',
    ],
    [
      'truncNormal_',
      () => init.truncNormal_(matrix, { a: 2, b: 2 }),
      '[truncNormal_] expected a to be < b (2) but received 2',
    ],
    [
      'sparse_',
      () => init.sparse_(matrix, { sparsity: 1.1 }),
      '[sparse_] expected sparsity to be a fraction from 0 to 1 but received 1.1',
    ],
    [
      'data',
      () => init.ones_({ shape: [1], data: [0] }),
      '[ones_] expected tensor.data to be a Float32Array but received [0]',
    ],
  ])('%s', (_, call, text) => {
    matrix.data.fill(5);
    expect(call).toThrow(text);
    expect(matrix.data).toEqual(new Float32Array(6).fill(5));
  });
});
