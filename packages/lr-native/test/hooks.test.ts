import { StateError } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { F, Tensor, grad, tensor } from '../src/index.ts';

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

describe('registerHook', () => {
  it('sees the whole gradient of a tensor, once a pass', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const seen: unknown[] = [];
    y.registerHook((g) => void seen.push(['y', g.toArray()]));
    x.registerHook((g) => void seen.push(['x', g.toArray()]));
    y.mul(3).add(y).add(x).sum().backward(undefined, { retainGraph: true });
    expect(seen).toEqual([
      ['y', [4, 4]],
      ['x', [9, 9]],
    ]);
    expect(Array.from(x.grad!)).toEqual([9, 9]);
  });

  it('may give another gradient, in the order of registration', () => {
    const x = leaf([1]);
    const y = x.mul(2);
    y.retainGrad();
    y.registerHook((g) => g.add(1));
    y.registerHook((g) => g.mul(10));
    x.registerHook((g) => g.mul(-1));
    y.mul(1).backward();
    expect(Array.from(y.grad!)).toEqual([20]);
    expect(Array.from(x.grad!)).toEqual([-40]);
  });

  it('is removed by its handle, called or by its method', () => {
    const x = leaf([1]);
    const calls: number[] = [];
    const one = x.registerHook(() => void calls.push(1));
    const two = x.registerHook(() => void calls.push(2));
    x.mul(1).backward();
    one.remove();
    x.mul(1).backward();
    two();
    two();
    x.mul(1).backward();
    expect(calls).toEqual([1, 2, 2]);
  });

  it('may keep and change what it sees', () => {
    const x = tensor(new Float32Array(3000), { requiresGrad: true });
    const kept: Tensor[] = [];
    const y = x.add(1);
    y.registerHook((g) => {
      kept.push(g);
      g.fill_(7);
    });
    for (let pass = 0; pass < 2; pass++) F.relu(y.mul(2)).sum().backward(undefined, { retainGraph: true });
    expect(x.grad!.every((value) => value === 4)).toBe(true);
    expect(kept.every(({ data }) => data.every((value) => value === 7))).toBe(true);
  });

  it('changes what grad returns', () => {
    const x = leaf([1]);
    const y = x.mul(2);
    y.registerHook((g) => g.mul(3));
    expect(grad(y.mul(5), [y, x]).map((g) => g.item())).toEqual([15, 30]);
  });

  it('has clear errors', () => {
    expect(() => tensor([1]).registerHook(() => {})).toThrow(StateError);
    expect(() => leaf([1]).registerHook(1 as never)).toThrow(
      '[registerHook] expected hook to be a function but received 1',
    );
    const x = leaf([1, 2]);
    x.registerHook(() => tensor([1]));
    expect(() => x.sum().backward()).toThrow(
      '[registerHook] expected the result of the hook to be a float32 Tensor of shape [2] or nothing but received Tensor',
    );
    expect(x.grad).toBeNull();
  });
});

describe('registerPostAccumulateGradHook', () => {
  it('runs once the gradient is there', () => {
    const x = leaf([1]);
    const seen: unknown[] = [];
    const handle = x.registerPostAccumulateGradHook((p) => void seen.push(p === x && Array.from(p.grad!)));
    x.mul(x).add(x).backward();
    x.mul(2).backward();
    handle.remove();
    x.mul(2).backward();
    expect(seen).toEqual([[3], [5]]);
  });

  it('is for leaves', () => {
    expect(() =>
      leaf([1])
        .mul(2)
        .registerPostAccumulateGradHook(() => {}),
    ).toThrow(
      '[registerPostAccumulateGradHook] expected a leaf that requires a gradient but received the result of mul',
    );
    expect(() => tensor([1]).registerPostAccumulateGradHook(() => {})).toThrow(
      'but received one that does not',
    );
  });
});
