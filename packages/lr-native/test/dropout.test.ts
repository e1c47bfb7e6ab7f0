import { describe, expect, it } from 'vitest';
import { F, Generator, manualSeed, nn, ones } from '../src/index.ts';

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
});
