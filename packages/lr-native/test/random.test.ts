import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultGenerator, Generator, manualSeed } from '../src/random.ts';
import { expectBits } from './digest.ts';
import type { Digest } from './digest.ts';

type Draws = { seed: number } & Record<string, Digest & { values: number[] }>;

const fixtures = JSON.parse(
  readFileSync(new URL('fixtures/random.json', import.meta.url), 'utf8'),
) as Draws[];

function expectClose(name: string, actual: Float64Array, expected: number[]): void {
  expect(actual.length, name).toBe(expected.length);
  // PyTorch's libm and ours are each within an ulp of the logarithm and the cosine; the sum may cancel.
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!), name).toBeLessThan(2e-15 * 10));
}

describe('Generator draws what PyTorch draws', () => {
  it.each(fixtures)('from seed $seed', (expected) => {
    const g = new Generator(expected.seed);
    const f32 = (n: number): Float32Array => new Float32Array(n);
    expectBits('uniform', g.uniform_(f32(5000)), expected.uniform!);
    expectBits('uniformRange', g.uniform_(f32(5000), -0.3, 0.7), expected.uniformRange!);
    expectBits('normal16', g.normal_(f32(16)), expected.normal16!);
    expectBits('normal17', g.normal_(f32(17)), expected.normal17!);
    expectBits('normal10000', g.normal_(f32(10000), 0.1, 1.7), expected.normal10000!);
    expectBits('normal5', g.normal_(f32(5), 0.1, 1.7), expected.normal5!);
    expectBits('normal15', g.normal_(f32(15)), expected.normal15!);
    expectBits('randperm', g.randperm(1000), expected.randperm!);
    expectBits('randperm60000', g.randperm(60000), expected.randperm60000!);
    expectBits(
      'randint',
      Int32Array.from({ length: 300 }, () => g.randint(-5, 1000)),
      expected.randint!,
    );
    const wide = Int32Array.from({ length: 300 }, () => g.randint(-5, 268435457));
    expectBits('randintWide', wide, expected.randintWide!);
    expect(Array.from(g.random_(new BigInt64Array(10)), String)).toEqual(expected.randomInt64!.values);
    expectBits('randomInt32', g.random_(new Int32Array(10)), expected.randomInt32!);
    expectBits(
      'randomInt32Range',
      g.random_(new Int32Array(10), -0x80000000, 0x7fffffff),
      expected.randomInt32Range!,
    );
    expectBits('bernoulli', g.bernoulli_(f32(1000), 0.3), expected.bernoulli!);
    const probabilities = linspace(1000);
    expectBits('bernoulliEach', g.bernoulli_(f32(1000), probabilities), expected.bernoulliEach!);
    expectBits('exponential', g.exponential_(f32(100), 1.5), expected.exponential!);
    const rising = Float32Array.from({ length: 50 }, (_, i) => i + 1);
    expectBits('multinomial', g.multinomial(rising, 20), expected.multinomial!);
    expectBits('multinomialOne', g.multinomial(rising, 1, { replacement: true }), expected.multinomialOne!);
    const weights = cumulative(50, 0.3);
    expectBits(
      'multinomialReplacement',
      g.multinomial(weights, 200, { replacement: true }),
      expected.multinomialReplacement!,
    );
    expect(Array.from(g.uniform_(new Float64Array(20), -1.3, 2.9))).toEqual(expected.uniform64!.values);
    expectClose('normal64Scalar', g.normal_(new Float64Array(5), -1, 3), expected.normal64Scalar!.values);
    expectClose('normal64', g.normal_(new Float64Array(21), -1, 3), expected.normal64!.values);
    expectBits('after', g.uniform_(f32(3)), expected.after!);
  });
});

/** torch.full((n,), value).cumsum(0) */
function cumulative(n: number, value: number): Float32Array {
  let sum = 0;
  return Float32Array.from({ length: n }, () => (sum = Math.fround(sum + Math.fround(value))));
}

/** torch.linspace(0, 1, n) in float32, from both ends inwards as PyTorch computes it. */
function linspace(n: number): Float32Array {
  const step = Math.fround(1 / (n - 1));
  return Float32Array.from({ length: n }, (_, i) => (i < n / 2 ? step * i : 1 - step * (n - 1 - i)));
}

describe('manualSeed', () => {
  it('seeds the default generator with the low 32 bits', () => {
    const draw = (): number => defaultGenerator.random();
    manualSeed(5);
    const expected = draw();
    for (const seed of [5n, 2 ** 32 + 5, 2n ** 64n + 5n]) {
      manualSeed(seed);
      expect(draw()).toBe(expected);
    }
  });

  it('starts from PyTorch’s default seed', () => {
    expect(new Generator().random()).toBe(new Generator(67280421310721).random());
  });
});

describe('state', () => {
  const draw = (g: Generator): unknown[] => [
    g.uniform_(new Float32Array(3)),
    g.normal_(new Float32Array(3)),
    g.normal_(new Float32Array(20)),
    g.randperm(9),
  ];

  it('continues the stream exactly, from any point, through JSON', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(2000), fc.nat(3), (seed, words, normals) => {
        const g = new Generator(seed);
        for (let i = 0; i < words; i++) g.random();
        g.normal_(new Float32Array(normals));
        const state = JSON.parse(JSON.stringify(g.getState()));
        const expected = draw(g);
        expect(draw(new Generator(1).setState(state))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  const good = new Generator(1).getState();
  it.each([
    ['null', null],
    ['algorithm', { ...good, algorithm: 'philox' }],
    ['words', { ...good, words: [1] }],
    ['a word', { ...good, words: good.words.map((word, i) => (i === 9 ? 2 ** 32 : word)) }],
    ['position', { ...good, position: 625 }],
    ['nextNormal', { ...good, nextNormal: '1' }],
  ])('refuses a wrong %s and keeps its own', (_, state) => {
    const g = new Generator(2);
    expect(() => g.setState(state as typeof good)).toThrow('[Generator.setState] expected state');
    expect(g.random()).toBe(new Generator(2).random());
  });
});

describe('randperm', () => {
  it('is a permutation', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(300), (seed, n) => {
        const sorted = new Generator(seed).randperm(n).sort();
        expect(sorted).toEqual(Int32Array.from({ length: n }, (_, i) => i));
      }),
    );
  });
});

describe('uniform_', () => {
  it('stays in [from, to)', () => {
    const bound = fc.float({ min: -(2 ** 100), max: 2 ** 100, noNaN: true });
    fc.assert(
      fc.property(fc.integer(), bound, bound, (seed, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        for (const value of new Generator(seed).uniform_(new Float32Array(50), from, to)) {
          expect(value >= from && (value < to || from === to)).toBe(true);
        }
      }),
    );
  });
});

describe('wrong arguments', () => {
  const g = new Generator(0);
  it.each([
    [
      'seed',
      () => g.manualSeed(1.5),
      '[manualSeed] expected seed to be a safe integer or a bigint but received 1.5',
    ],
    [
      'out',
      () => g.uniform_([] as unknown as Float32Array),
      '[uniform_] expected out to be a Float32Array or a Float64Array but received []',
    ],
    [
      'from > to',
      () => g.uniform_(new Float32Array(1), 1, 0),
      '[uniform_] expected from to be <= to (0) but received 1',
    ],
    [
      'NaN',
      () => g.uniform_(new Float32Array(1), NaN),
      '[uniform_] expected from to be <= to (1) but received NaN',
    ],
    [
      'std',
      () => g.normal_(new Float32Array(1), 0, NaN),
      '[normal_] expected std to be a number >= 0 but received NaN',
    ],
    ['n', () => g.randperm(-1), '[randperm] expected n to be an integer >= 0 but received -1'],
    ['n', () => g.randperm(2 ** 31), '[randperm] expected n to be an integer < 2^31 but received 2147483648'],
    ['low', () => g.randint(3, 3), '[randint] expected low to be < high (3) but received 3'],
    ['high', () => g.randint(0, 2 ** 60), '[randint] expected low and high to be safe integers but received'],
    [
      'int32',
      () => g.random_(new Int32Array(1), 0, 2 ** 32),
      '[random_] expected from and to to be within int32',
    ],
    [
      'p',
      () => g.bernoulli_(new Float32Array(1), 1.5),
      '[bernoulli_] expected p to be a probability from 0 to 1',
    ],
    [
      'p length',
      () => g.bernoulli_(new Float32Array(1), Float32Array.of(0, 1)),
      '[bernoulli_] expected p.length to be 1',
    ],
    [
      'weights',
      () => g.multinomial(Float32Array.of(1, -1), 1),
      '[multinomial] expected every weight to be finite and >= 0',
    ],
    [
      'samples',
      () => g.multinomial(Float32Array.of(1, 0), 2),
      '[multinomial] expected samples to be at most the 1 positive weights but received 2',
    ],
    [
      'lambda',
      () => g.exponential_(new Float32Array(1), 0),
      '[exponential_] expected lambda to be a number > 0',
    ],
  ])('%s', (_, call, text) => {
    const before = g.getState();
    expect(call).toThrow(text);
    expect(g.getState()).toEqual(before);
  });
});
