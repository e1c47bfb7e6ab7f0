import { SGD, ShapeError, StateError, useKernels } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { F, Tensor, init, nn, noGrad, ones, tensor, zeros } from '../src/index.ts';

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

describe('in-place methods', () => {
  it('change the elements and return the tensor', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const { data } = x;
    expect(
      x
        .add_(1)
        .mul_(tensor([2, 10]))
        .sub_(tensor([[1], [2]]))
        .div_(2),
    ).toBe(x);
    expect(x.data).toBe(data);
    expect(x.toArray()).toEqual([
      [1.5, 14.5],
      [3, 24],
    ]);
    expect(x.copy_(tensor([7, 8])).toArray()).toEqual([
      [7, 8],
      [7, 8],
    ]);
    expect(x.copy_(tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] })).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(x.fill_(5).toArray()).toEqual([
      [5, 5],
      [5, 5],
    ]);
    expect(x.zero_().toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(tensor(BigInt64Array.of(1n, 2n)).fill_(3).data).toEqual(BigInt64Array.of(3n, 3n));
    expect(
      tensor(Int32Array.of(1, 2))
        .copy_(tensor([2.7, -2.7]))
        .toArray(),
    ).toEqual([2, -2]);
    const self = tensor([1, 2]);
    expect(self.add_(self).toArray()).toEqual([2, 4]);
  });

  it('refuse what would lose a gradient', () => {
    const x = leaf([1, 2]);
    for (const wrong of [() => x.add_(1), () => x.zero_(), () => x.fill_(1), () => x.copy_(zeros([2]))]) {
      expect(wrong).toThrow(StateError);
      expect(wrong).toThrow(
        /^\[\w+_\] expected a tensor that no gradient flows through but received a leaf that requires a gradient: change it in noGrad/,
      );
    }
    expect(() => x.mul(2).mul_(2)).toThrow(
      '[mul_] expected a tensor that no gradient flows through but received the result of mul',
    );
    expect(() => zeros([2]).add_(x)).toThrow('[add_] expected an operand that requires no gradient');
    expect(x.toArray()).toEqual([1, 2]);
    expect(noGrad(() => x.add_(1).mul_(x)).toArray()).toEqual([4, 9]);
    expect([x.requiresGrad, x.isLeaf]).toEqual([true, true]);
  });

  it('refuse operands that do not fit', () => {
    const x = zeros([2, 3]);
    expect(() => x.add_(ones([2]))).toThrow(ShapeError);
    expect(() => x.add_(ones([4, 2, 3]))).toThrow(
      '[add_] expected an operand that broadcasts to [2, 3] but received [4, 2, 3]',
    );
    expect(() => x.copy_(ones([4, 2, 3]))).toThrow(ShapeError);
    expect(() => x.add_('1' as never)).toThrow(
      '[add_] expected other to be a Tensor or a number but received "1"',
    );
    expect(() => x.fill_('1' as never)).toThrow('[fill_] expected value to be a number but received "1"');
    expect(() => x.copy_([1] as never)).toThrow('[copy_] expected source to be a Tensor but received [1]');
    expect(x.toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});

describe('backward through a value that has changed since', () => {
  const TEXT = (what: string, how = 'changed in place'): string =>
    `[backward] expected ${what}, to be as in the forward pass but its elements have been ${how} since`;

  it('names the op and its input', () => {
    const w = leaf([2, 3]);
    const x = tensor([5, 7]);
    const loss = w.mul(x).sum();
    x.mul_(2);
    expect(() => loss.backward()).toThrow(StateError);
    expect(() => loss.backward()).toThrow(TEXT('input 1 of mul, of shape [2]'));
    expect(w.grad).toBeNull();
  });

  it('names the output where that is what backward reads', () => {
    const x = leaf([1, 2]);
    const y = F.exp(x);
    const loss = y.sum();
    noGrad(() => y.add_(1));
    expect(() => loss.backward()).toThrow(TEXT('the output of exp, of shape [2]'));
  });

  it('sees through tensors that share memory', () => {
    const x = leaf([1, 2]);
    const y = x.mul(x);
    noGrad(() => x.reshape([2, 1]).detach().zero_());
    expect(() => y.sum().backward()).toThrow(TEXT('input 1 of mul, of shape [2]'));
  });

  it('sees a tensor whose data has been replaced, and says its name', () => {
    const x = leaf([1, 2]);
    const w = leaf([3, 4]);
    w.name = 'weight';
    const y = x.mul(w);
    w.data = Float32Array.of(5, 6);
    expect(() => y.sum().backward()).toThrow(TEXT('input 1 (weight) of mul, of shape [2]', 'replaced'));
  });

  it.each(['js', 'native'] as const)('sees optimizer steps, with %s kernels', (kernels) => {
    useKernels(kernels);
    try {
      const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 1));
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const loss = model.forward(ones([1, 2])).sum();
      loss.backward(undefined, { retainGraph: true });
      optimizer.step();
      expect(() => loss.backward()).toThrow(TEXT('input 1 of linear, of shape [1, 2]'));
      model
        .forward(ones([1, 2]))
        .sum()
        .backward();
    } finally {
      useKernels('native');
    }
  });

  it('sees initialisers and loaded states', () => {
    const changes: ((layer: nn.Linear) => void)[] = [
      ({ weight }) => init.normal_(weight),
      (layer) => layer.loadStateDict(layer.stateDict()),
    ];
    for (const change of changes) {
      const layer = new nn.Linear(2, 1);
      const loss = layer.forward(leaf([1, 2])).sum();
      change(layer);
      expect(() => loss.backward()).toThrow(TEXT('input 1 of linear, of shape [1, 2]'));
    }
  });

  it('lets a change be that no gradient depends on', () => {
    const x = leaf([1, 2]);
    const y = x.add(tensor([3, 4]));
    const z = F.relu(y);
    const product = z.mul(tensor([5, 6]));
    noGrad(() => {
      x.add_(1); // add reads nothing
      y.zero_(); // relu reads its output
      product.zero_(); // mul reads the other factor, where that wants a gradient
    });
    product.sum().backward();
    expect(Array.from(x.grad!)).toEqual([5, 6]);
    const w = leaf([2]);
    const v = tensor([3]);
    const twice = w.mul(v);
    noGrad(() => w.add_(1)); // v wants no gradient
    twice.backward();
    expect(Array.from(w.grad!)).toEqual([3]);
  });

  it('goes on after a step, through a new graph', () => {
    const x = leaf([1]);
    for (let step = 0; step < 3; step++) {
      x.grad = null;
      x.mul(x).backward();
      noGrad(() => x.sub_(tensor([0.25]).mul(tensor(x.grad!))));
    }
    expect(x.item()).toBe(0.125);
  });
});
