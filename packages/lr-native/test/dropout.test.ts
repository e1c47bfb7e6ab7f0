import { describe, expect, it } from 'vitest';
import { F, Generator, manualSeed, nn, ones, randn } from '../src/index.ts';

describe('dropout', () => {
  it('zeroes a share p and scales the others, in the gradient too', () => {
    const x = ones([100, 100], { requiresGrad: true });
    const y = F.dropout(x, { p: 0.25, generator: new Generator(3) });
    const kept = y.data.filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(4 / 3)]));
    // 10,000 draws of probability 3/4: five standard deviations are 217
    expect(Math.abs(kept.length - 7500)).toBeLessThan(217);
    y.sum().backward();
    expect(x.grad).toEqual(y.data);
  });

  it('is x itself in evaluation, and nothing where p is 1', () => {
    const x = ones([4]);
    expect(new nn.Dropout().eval().forward(x)).toBe(x);
    expect(F.dropout(x, { training: false })).toBe(x);
    expect(F.dropout(x, { p: 0 })).toBe(x);
    expect(F.dropout(x, { p: 1 }).toArray()).toEqual([0, 0, 0, 0]);
  });

  it('draws the same for the same seed, other numbers each time', () => {
    const draw = (): Float32Array => F.dropout(ones([64])).data;
    manualSeed(5);
    const [first, second] = [draw(), draw()];
    manualSeed(5);
    expect(draw()).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it.each([
    [F.dropout1d, [6, 50, 4], 4],
    [F.dropout2d, [6, 50, 2, 3], 6],
    [F.featureAlphaDropout, [6, 50, 2, 3], 6],
  ] as const)('%o draws once a channel', (drop, shape, inner) => {
    const x = ones(shape, { requiresGrad: true });
    const y = drop(x, { p: 0.5, generator: new Generator(3) });
    const channels = Array.from({ length: 300 }, (_, i) => y.data.subarray(i * inner, (i + 1) * inner));
    expect(channels.every((channel) => channel.every((value) => value === channel[0]))).toBe(true);
    expect(new Set(y.data).size).toBe(2);
    y.sum().backward();
    expect(x.grad!.every((value, i) => (value === 0) === (y.data[i] === Math.min(...y.data)))).toBe(true);
  });

  it('keeps mean and variance of normal elements by alphaDropout', () => {
    const x = randn([200, 200], { generator: new Generator(1) });
    const { data } = F.alphaDropout(x, { p: 0.3, generator: new Generator(2) });
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    const variance = data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length;
    // 40,000 elements: five standard errors of the mean are 0.025, of the variance less than 0.05
    expect(Math.abs(mean)).toBeLessThan(0.025);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
});
