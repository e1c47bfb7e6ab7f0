import { describe, expect, it } from 'vitest';
import { F, Tensor, enableGrad, isGradEnabled, noGrad, tensor } from '../src/index.ts';

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

describe('backward', () => {
  it('adds up over shared sub-expressions', () => {
    const x = leaf([2, 3]);
    const y = x.mul(x); // y is used three times, x four
    y.add(y).mul(y).add(x).sum().backward(); // 2·x⁴ + x
    expect(Array.from(x.grad!)).toEqual([8 * 8 + 1, 8 * 27 + 1]);
  });

  it('sums what an op hands to both of its inputs', () => {
    const x = leaf([1, 2]);
    x.add(x).sum().backward();
    expect(Array.from(x.grad!)).toEqual([2, 2]);
    const y = leaf([5]);
    const z = y.reshape([1, 1]);
    z.add(z.reshape([1, 1]))
      .add(z)
      .backward();
    expect(Array.from(y.grad!)).toEqual([3]);
  });

  it('does not let gradients of different leaves share memory', () => {
    const a = leaf([1, 2]);
    const b = leaf([3, 4]);
    const gradient = tensor([1, 1]);
    a.add(b).backward(gradient);
    a.grad![0] = 7;
    expect(Array.from(b.grad!)).toEqual([1, 1]);
    expect(Array.from(gradient.data)).toEqual([1, 1]);
  });

  it('adds to the gradient that is there', () => {
    const x = leaf([1]);
    x.mul(3).backward();
    const first = x.grad;
    x.mul(4).backward();
    expect(x.grad).toBe(first);
    expect(Array.from(x.grad!)).toEqual([7]);
    x.grad = null;
    x.mul(5).backward();
    expect(Array.from(x.grad!)).toEqual([5]);
  });

  it('takes a gradient for what is no scalar', () => {
    const x = leaf([1, 2, 3]);
    x.mul(x).backward(tensor([1, 10, 100]));
    expect(Array.from(x.grad!)).toEqual([2, 40, 600]);
  });

  it('works on a leaf itself', () => {
    const x = leaf([1]);
    x.backward();
    expect(Array.from(x.grad!)).toEqual([1]);
  });

  it('gives large arrays back without mixing them up', () => {
    // Long enough for the pool; the same lengths flow through several nodes at once.
    const x = tensor(new Float32Array(5000).fill(1), { requiresGrad: true });
    for (let step = 1; step <= 3; step++) {
      x.grad = null;
      const y = F.relu(x.mul(step));
      const z = y.mul(y).add(y.sub(x)).add(F.relu(y));
      z.sum().backward(); // s²x² + sx - x + sx
      const expected = 2 * step * step + 2 * step - 1;
      expect(x.grad!.every((value) => value === expected)).toBe(true);
    }
  });

  it('frees the graph, and says so the second time', () => {
    const x = leaf([1, 2]);
    const y = x.mul(x);
    const loss = y.sum();
    loss.backward();
    expect(() => loss.backward()).toThrow(
      /^\[backward\] expected a graph that is still there but the buffers of sum have been freed/,
    );
    const before = Array.from(x.grad!);
    expect(() => y.add(1).sum().backward()).toThrow(/the buffers of mul have been freed/);
    expect(Array.from(x.grad!)).toEqual(before);
  });

  it('keeps the graph where asked', () => {
    const x = leaf([3]);
    const y = x.mul(x);
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(Array.from(x.grad!)).toEqual([12]);
    expect(() => y.backward()).toThrow(/freed/);
  });

  it('has clear errors', () => {
    expect(() => leaf([1, 2]).mul(2).backward()).toThrow(
      '[backward] expected a gradient for a tensor of shape [2] but received none; only one of one element can do without',
    );
    expect(() => tensor([1]).backward()).toThrow(
      '[backward] expected a tensor that requires a gradient but this one does not',
    );
    expect(() => leaf([1, 2]).backward(tensor([1]))).toThrow(
      '[backward] expected gradient.shape to be [2] but received [1]',
    );
    expect(() => leaf([1]).backward([1] as never)).toThrow(
      '[backward] expected gradient to be a float32 Tensor but received [1]',
    );
  });
});

describe('what is recorded', () => {
  it('noGrad records nothing, enableGrad inside of it does', () => {
    const x = leaf([2]);
    noGrad(() => {
      expect(isGradEnabled()).toBe(false);
      expect(x.mul(2).requiresGrad).toBe(false);
      expect(enableGrad(() => x.mul(2).requiresGrad)).toBe(true);
    });
    expect(isGradEnabled()).toBe(true);
    expect(() =>
      noGrad(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(isGradEnabled()).toBe(true);
  });

  it('noGrad refuses a function that goes on later', () => {
    expect(() => noGrad(async () => 1)).toThrow(
      '[noGrad] expected fn to be synchronous but received a promise',
    );
  });

  it('detach cuts the graph and shares the elements', () => {
    const x = leaf([2]);
    const y = x.mul(3);
    const d = y.detach();
    expect(d.requiresGrad).toBe(false);
    expect(d.data).toBe(y.data);
    y.mul(d).backward();
    expect(Array.from(x.grad!)).toEqual([18]);
  });

  it('retainGrad keeps the gradient of an intermediate result', () => {
    const x = leaf([2]);
    const y = x.mul(3);
    y.retainGrad();
    const z = y.mul(y);
    z.backward();
    expect(Array.from(y.grad!)).toEqual([12]);
    expect(z.grad).toBeNull();
    expect(y.isLeaf).toBe(false);
  });

  it('requiresGrad can be assigned on leaves', () => {
    const x = tensor([1]);
    x.requiresGrad = true;
    const y = x.mul(2);
    expect(() => (y.requiresGrad = false)).toThrow(
      '[Tensor] expected requiresGrad to stay true on the result of mul but received false; detach() gives one without',
    );
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
    expect(() => (tensor(Int32Array.of(1)).requiresGrad = true)).toThrow(
      '[Tensor] expected requiresGrad to be false where dtype is int32 but received true',
    );
  });

  it('grad can be assigned, to what fits', () => {
    const x = leaf([1, 2]);
    x.grad = Float32Array.of(5, 6);
    x.sum().backward();
    expect(Array.from(x.grad!)).toEqual([6, 7]);
    expect(() => (x.grad = Float32Array.of(1))).toThrow(
      '[Tensor] expected grad to be of 2 elements but received Float32Array(1)',
    );
    expect(() => (x.grad = [1, 2] as never)).toThrow(
      '[Tensor] expected grad to be a Float32Array or null but received [1, 2]',
    );
    expect(Array.from(x.grad!)).toEqual([6, 7]);
  });
});
