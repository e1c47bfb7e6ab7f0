import { ArgumentError, StateError } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { Tensor, grad, tensor } from '../src/index.ts';

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

describe('grad', () => {
  it('returns gradients and touches no grad', () => {
    const x = leaf([2, 3]);
    const y = leaf([5, 7]);
    const z = x.mul(y);
    const [dx, dy, dz] = grad(z.mul(z).sum(), [x, y, z]);
    expect(dz!.toArray()).toEqual([20, 42]);
    expect(dx!.toArray()).toEqual([100, 294]);
    expect(dy!.toArray()).toEqual([40, 126]);
    expect([x.grad, y.grad, z.grad, dx!.requiresGrad]).toEqual([null, null, null, false]);
  });

  it('sums over outputs, each with its gradient', () => {
    const x = leaf([1, 2]);
    const gradOutputs = [tensor([1, 10]), null];
    expect(grad([x.mul(2), x.mul(x).sum()], x, { gradOutputs })[0]!.toArray()).toEqual([4, 24]);
    expect(grad(x.mul(2), x, { gradOutputs: tensor([3, 4]) })[0]!.toArray()).toEqual([6, 8]);
    expect(grad(x, x, { gradOutputs: tensor([3, 4]) })[0]!.toArray()).toEqual([3, 4]);
  });

  it('goes no further than it must, and frees no more', () => {
    const x = leaf([2]);
    const y = x.mul(x);
    const z = y.mul(3);
    expect(grad(z, y)[0]!.item()).toBe(3);
    y.backward();
    expect(x.grad![0]).toBe(4);
    expect(() => grad(z, y)).toThrow(/the buffers of mul have been freed/);
  });

  it('keeps the graph where asked', () => {
    const x = leaf([3]);
    const y = x.mul(x);
    expect(grad(y, x, { retainGraph: true })[0]!.item()).toBe(6);
    expect(grad(y, x)[0]!.item()).toBe(6);
    expect(() => grad(y, x)).toThrow(StateError);
  });

  it('has null or zeros for what is not used', () => {
    const [x, y] = [leaf([1]), leaf([1, 2])];
    expect(() => grad(x.mul(2), [x, y])).toThrow(
      '[grad] expected inputs[1] to be part of the graph of the outputs but it is not; with { allowUnused: true } its gradient is null',
    );
    expect(grad(x.mul(2), [x, y], { allowUnused: true })[1]).toBeNull();
    expect(grad(x.mul(2), [x, y], { materializeGrads: true })[1]!.toArray()).toEqual([0, 0]);
  });

  it('has clear errors', () => {
    const x = leaf([1, 2]);
    expect(() => grad(x.mul(2), x)).toThrow(
      '[grad] expected a gradient for a tensor of shape [2] but received none',
    );
    expect(() => grad(tensor([1]), x)).toThrow('[grad] expected a tensor that requires a gradient');
    expect(() => grad(x.sum(), tensor([1]))).toThrow(
      '[grad] expected inputs[0] to require a gradient but it does not',
    );
    expect(() => grad(x.sum(), [])).toThrow(ArgumentError);
    expect(() => grad([1] as never, x)).toThrow(
      '[grad] expected outputs to be a Tensor or an array of them but received [1]',
    );
    expect(() => grad(x.mul(2), x, { gradOutputs: tensor([1]) })).toThrow(
      '[grad] expected gradient.shape to be [2] but received [1]',
    );
  });
});

describe('backward', () => {
  it('reaches the inputs it is given only', () => {
    const [x, y] = [leaf([2]), leaf([3])];
    const z = x.mul(y);
    z.mul(z).backward(undefined, { inputs: [x, z] });
    expect([x.grad![0], y.grad, z.grad![0]]).toEqual([36, null, 12]);
    expect(() => x.mul(2).backward(undefined, { inputs: [] })).toThrow(
      '[backward] expected inputs to be an array of at least one Tensor but received []',
    );
  });

  it('adds the sum over a pass to the gradient that is there', () => {
    // 2²⁴ + (1 + 1) is exact where (2²⁴ + 1) + 1 is not, as in PyTorch
    const x = leaf([1]);
    x.grad = Float32Array.of(2 ** 24);
    x.add(x).backward();
    expect(x.grad[0]).toBe(2 ** 24 + 2);
  });

  it('leaves every gradient as it is when it fails half-way', () => {
    const x = leaf([1]);
    const y = leaf([1]);
    const middle = x.mul(3);
    middle.registerHook(() => {
      throw new Error('half-way');
    });
    expect(() => y.mul(2).add(middle).backward()).toThrow('half-way');
    expect([x.grad, y.grad]).toEqual([null, null]);
  });
});
