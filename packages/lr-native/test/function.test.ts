import { ArgumentError, ShapeError, StateError } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { F, Function, Tensor, grad, isGradEnabled, noGrad, ones, tensor } from '../src/index.ts';
import type { FunctionContext } from '../src/index.ts';

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

class Cube extends Function {
  static forward(ctx: FunctionContext, x: Tensor): Tensor {
    ctx.saveForBackward(x);
    return x.mul(x).mul(x);
  }
  static backward(ctx: FunctionContext, gradOutput: Tensor): Tensor {
    const [x] = ctx.savedTensors as [Tensor];
    return x.mul(x).mul(3).mul(gradOutput);
  }
}

/** [a · b · scale, a + b, the sign of a] */
class Both extends Function {
  static seen: unknown[] = [];
  static forward(
    ctx: FunctionContext,
    a: Tensor,
    b: Tensor,
    scale: number,
  ): [Tensor, Tensor, Tensor<'int32'>] {
    expect(isGradEnabled()).toBe(false);
    ctx.saveForBackward(a, b);
    ctx.scale = scale;
    return [a.mul(b).mul(scale), a.add(b), tensor(Int32Array.from(a.data, Math.sign))];
  }
  static backward(ctx: FunctionContext, product: Tensor, sum: Tensor, ...rest: unknown[]): (Tensor | null)[] {
    this.seen = [ctx.needsInputGrad, product.toArray(), sum.toArray(), rest.length];
    const [a, b] = ctx.savedTensors as [Tensor, Tensor];
    const scaled = product.mul(ctx.scale as number);
    return [scaled.mul(b).add(sum), ctx.needsInputGrad[1] ? scaled.mul(a).add(sum) : null, null];
  }
}

describe('Function', () => {
  it('has the gradient that backward gives it', () => {
    const x = leaf([2, -1]);
    const y = Cube.apply(x);
    expect(y.toArray()).toEqual([8, -1]);
    expect(y.gradFn!.op).toBe('Cube');
    y.mul(tensor([1, 10]))
      .sum()
      .backward();
    expect(Array.from(x.grad!)).toEqual([12, 30]);
  });

  it('is not recorded where nothing wants a gradient', () => {
    expect(Cube.apply(tensor([2])).requiresGrad).toBe(false);
    expect(noGrad(() => Cube.apply(leaf([2]))).requiresGrad).toBe(false);
  });

  it('adds up with other uses of its argument', () => {
    const x = leaf([2]);
    const y = x.mul(3);
    Cube.apply(y).add(Cube.apply(y)).add(y).backward();
    expect(x.grad![0]).toBe(3 * (2 * 108 + 1));
  });

  it('takes several arguments and returns several tensors', () => {
    const a = leaf([2, -3]);
    const b = leaf([5, 7]);
    const [product, sum, sign] = Both.apply(a, b, 10);
    expect([product.toArray(), sum.toArray(), sign.toArray()]).toEqual([
      [100, -210],
      [7, 4],
      [1, -1],
    ]);
    expect([product.requiresGrad, sum.requiresGrad, sign.requiresGrad]).toEqual([true, true, false]);
    product.add(sum).backward(tensor([1, 2]));
    expect(Array.from(a.grad!)).toEqual([51, 142]);
    expect(Array.from(b.grad!)).toEqual([21, -58]);
    expect(Both.seen).toEqual([[true, true, false], [1, 2], [1, 2], 1]);
  });

  it('sees zeros, or null, for an output that nothing used, in every pass anew', () => {
    const a = leaf([2]);
    const b = tensor([5]);
    const [product, sum] = Both.apply(a, b, 10);
    product.backward(undefined, { retainGraph: true });
    expect(Both.seen).toEqual([[true, false, false], [1], [0], 1]);
    sum.backward(undefined, { retainGraph: true });
    expect(Both.seen).toEqual([[true, false, false], [0], [1], 1]);
    product.add(sum).backward();
    expect(a.grad![0]).toBe(50 + 1 + 51);
    expect(() => sum.backward()).toThrow(StateError);

    class Nulls extends Function {
      static seen: unknown;
      static forward(ctx: FunctionContext, x: Tensor): [Tensor, Tensor] {
        ctx.setMaterializeGrads(false);
        return [x.mul(1), x.mul(2)];
      }
      static backward(_: FunctionContext, one: Tensor | null, two: Tensor | null): Tensor | null {
        this.seen = [one, two?.toArray()];
        return two;
      }
    }
    Nulls.apply(leaf([1]))[1].backward();
    expect(Nulls.seen).toEqual([null, [1]]);
  });

  it('wants no gradient for what is marked', () => {
    class Marked extends Function {
      static forward(ctx: FunctionContext, x: Tensor): [Tensor, Tensor] {
        const mask = x.mul(0);
        ctx.markNonDifferentiable(mask);
        return [x.mul(2), mask];
      }
      static backward(_: FunctionContext, doubled: Tensor): Tensor {
        return doubled.mul(2);
      }
    }
    const x = leaf([3]);
    const [doubled, mask] = Marked.apply(x);
    expect([doubled.requiresGrad, mask.requiresGrad]).toEqual([true, false]);
    doubled.add(mask).backward();
    expect(x.grad![0]).toBe(2);
  });

  it('leaves an argument that forward returns as it was', () => {
    class Same extends Function {
      static forward(_: FunctionContext, x: Tensor): Tensor {
        return x;
      }
      static backward(_: FunctionContext, gradient: Tensor): Tensor {
        return gradient.mul(-1);
      }
    }
    const x = leaf([3]);
    const y = Same.apply(x);
    expect(y).not.toBe(x);
    expect(x.isLeaf).toBe(true);
    y.backward();
    expect(x.grad![0]).toBe(-1);
  });

  it('sums a gradient that has not been summed over broadcasting', () => {
    class AddBias extends Function {
      static forward(_: FunctionContext, x: Tensor, bias: Tensor): Tensor {
        return x.add(bias);
      }
      static backward(_: FunctionContext, gradient: Tensor): Tensor[] {
        return [gradient, gradient];
      }
    }
    const bias = leaf([1, 2]);
    AddBias.apply(ones([3, 2]), bias)
      .sum()
      .backward();
    expect(Array.from(bias.grad!)).toEqual([3, 3]);
  });

  it('may keep what it is given and give what it keeps', () => {
    const kept: Tensor[] = [];
    class Keeps extends Function {
      static forward(_: FunctionContext, x: Tensor): Tensor {
        return x.mul(1);
      }
      static backward(_: FunctionContext, gradient: Tensor): Tensor {
        kept.push(gradient);
        return gradient;
      }
    }
    const x = tensor(new Float32Array(2000).fill(1), { requiresGrad: true });
    for (let pass = 1; pass <= 3; pass++)
      F.relu(Keeps.apply(F.relu(x.mul(1))).mul(pass))
        .sum()
        .backward();
    expect(kept.map(({ data }) => data.every((value) => value === data[0]) && data[0])).toEqual([1, 2, 3]);
    expect(x.grad!.every((value) => value === 6)).toBe(true);
  });

  it('can be written with methods, which share an instance', () => {
    class Scale extends Function {
      private factor = 0;
      forward(_: FunctionContext, x: Tensor, factor: number): Tensor {
        this.factor = factor;
        return x.mul(factor);
      }
      backward(_: FunctionContext, gradient: Tensor): [Tensor, null] {
        return [gradient.mul(this.factor), null];
      }
    }
    const x = leaf([1]);
    Scale.apply(x, 3).add(Scale.apply(x, 4)).backward();
    expect(x.grad![0]).toBe(7);
  });

  it('works with grad and computes no gradient in vain', () => {
    const a = leaf([2]);
    const b = leaf([5]);
    const [product] = Both.apply(a, b, 1);
    expect(grad(product, a).map((g) => g.toArray())).toEqual([[5]]);
    expect(Both.seen[0]).toEqual([true, false, false]);
  });

  it('refuses to go back through a saved value that has changed', () => {
    const x = leaf([2]);
    const y = x.mul(1);
    const z = Cube.apply(y);
    noGrad(() => y.mul_(2));
    expect(() => z.backward()).toThrow(
      '[backward] expected input 0 of Cube, of shape [1], to be as in the forward pass but its elements have been changed in place since',
    );
    expect(x.grad).toBeNull();
  });

  it('frees what it has saved', () => {
    let context: FunctionContext;
    class Keeps extends Cube {
      static override forward(ctx: FunctionContext, x: Tensor): Tensor {
        context = ctx;
        return super.forward(ctx, x);
      }
    }
    Keeps.apply(leaf([2])).backward();
    expect(() => context.savedTensors).toThrow(StateError);
  });

  it('says what backward returned that does not fit', () => {
    const returning = (value: unknown): (() => void) => {
      class Wrong extends Function {
        static forward(_: FunctionContext, x: Tensor, y: Tensor): Tensor {
          return x.add(y);
        }
        static backward(): Tensor {
          return value as Tensor;
        }
      }
      return () =>
        Wrong.apply(leaf([1, 2]), tensor([1, 2]))
          .sum()
          .backward();
    };
    const fails = (value: unknown, kind: new (text: string) => Error, text: string): void => {
      expect(returning(value)).toThrow(kind);
      expect(returning(value)).toThrow(text);
    };
    const two = tensor([1, 2]);
    fails(
      two,
      ArgumentError,
      '[Wrong] expected backward to return a gradient for each of 2 arguments but received 1',
    );
    fails([two, two, two], ArgumentError, 'for each of 2 arguments but received 3');
    fails(
      [3, null],
      ArgumentError,
      '[Wrong] expected gradient 0 of backward to be a float32 Tensor or null but received 3',
    );
    fails(
      [tensor(Int32Array.of(1, 2)), null],
      ArgumentError,
      'expected gradient 0 of backward to be a float32 Tensor',
    );
    fails(
      [tensor([1, 2, 3]), null],
      ShapeError,
      '[Wrong] expected gradient 0 of backward to be of shape [2] but received [3]',
    );
    expect(returning([two, null, null])).not.toThrow();
    expect(returning([null, null])).not.toThrow();
  });

  it('needs both halves', () => {
    class Half extends Function {
      static forward(_: FunctionContext, x: Tensor): Tensor {
        return x;
      }
    }
    expect(() => (Half as unknown as typeof Cube).apply(leaf([1]))).toThrow(
      '[Half] expected backward to be a method of the class but received undefined',
    );
    class None extends Function {}
    expect(() => (None as unknown as typeof Cube).apply(leaf([1]))).toThrow(
      '[None] expected forward to be a method',
    );
  });
});
