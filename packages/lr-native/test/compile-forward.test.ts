/** A captured forward pass gives the bits of the eager one, whatever changes between passes. */
import { ArgumentError, ShapeError, StateError } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { F, Generator, compileForward, manualSeed, nn, noGrad, profile, tensor } from '../src/index.ts';
import type { Tensor } from '../src/index.ts';
import { onCpu } from './on-cpu.ts';

const generator = new Generator(3);

function images(batch: number, side = 10): Tensor {
  return tensor(generator.normal_(new Float32Array(batch * 2 * side * side)), {
    shape: [batch, 2, side, side],
  });
}

function cnn(): nn.Sequential {
  manualSeed(7);
  return new nn.Sequential(
    new nn.Conv2d(2, 8, 3),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Dropout(0.5),
    new nn.Flatten(),
    new nn.Linear(8 * 4 * 4, 5),
  );
}

class Two extends nn.Module {
  a = new nn.Linear(3, 4);
  b = new nn.Bilinear(4, 2, 5);
  forward(x: Tensor, y: Tensor): Tensor {
    return this.b.forward(this.a.forward(x), y);
  }
}

describe('compileForward', () => {
  it.runIf(onCpu)(
    'max-pools the relu of a convolution, or the convolution, without writing it, unless others read it',
    () => {
      const pooled = (model: nn.Module): string[] => {
        const x = images(2);
        const compiled = compileForward(model);
        compiled(x);
        const { rows } = profile(() => compiled(x));
        return rows.map(({ name }) => name).filter((name) => /conv2dForward|maxPool2dForward/.test(name));
      };
      const conv = (): nn.Module => new nn.Conv2d(32, 40, 3, { padding: 1 });
      const wide = (...behind: nn.Module[]): nn.Sequential =>
        new nn.Sequential(new nn.Conv2d(2, 32, 1), conv(), ...behind);
      expect(pooled(wide(new nn.ReLU(), new nn.MaxPool2d(2)))).toEqual(
        expect.arrayContaining(['conv2dForward', 'conv2dForward(relu, maxPool2d)']),
      );
      expect(pooled(wide(new nn.MaxPool2d(2)))).toContain('conv2dForward(maxPool2d)');
      expect(pooled(wide(new nn.ReLU(), new nn.MaxPool2d(3)))).toContain('maxPool2dForward');
      class Both extends nn.Module {
        readonly conv = wide(new nn.ReLU());
        forward(x: Tensor): Tensor {
          const y = this.conv.forward(x) as Tensor;
          return F.maxPool2d(y, { kernelSize: 2 }).sum().add(y.sum());
        }
      }
      expect(pooled(new Both())).toContain('maxPool2dForward');
    },
  );

  it('gives the output of the model, in a new tensor that requires no gradient', () => {
    const model = cnn().eval();
    const predict = compileForward(model);
    const outputs: Tensor[] = [];
    const expected: Tensor[] = [];
    for (let i = 0; i < 4; i++) {
      const x = images(3);
      outputs.push(predict(x));
      expected.push(noGrad(() => model.forward(x)));
    }
    outputs.forEach((output, i) => {
      expect(output.shape).toEqual([3, 5]);
      expect(output.requiresGrad).toBe(false);
      expect(output.data).toEqual(expected[i]!.data);
    });
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
  });

  it('leaves gradients that are there alone', () => {
    const model = cnn();
    model.forward(images(2)).sum().backward();
    const grads = model.parameters().map(({ grad }) => grad!.slice());
    const predict = compileForward(model);
    for (let i = 0; i < 3; i++) predict(images(2));
    expect(model.parameters().map(({ grad }) => grad)).toEqual(grads);
  });

  it('records again for other shapes, and reads weights afresh', () => {
    const model = cnn().eval();
    const predict = compileForward(model);
    for (const batch of [1, 4, 1, 4]) {
      const x = images(batch);
      expect(predict(x).data).toEqual(noGrad(() => model.forward(x)).data);
      model.parameters().forEach(({ data }) => data.forEach((value, i) => (data[i] = value * 1.01)));
      expect(predict(x).data).toEqual(noGrad(() => model.forward(x)).data);
    }
  });

  it('follows train() and eval(), with the random numbers and statistics of the eager pass', () => {
    const [model, same] = [cnn(), cnn()];
    const predict = compileForward(model);
    for (const training of [true, true, true, false, false, true]) {
      const x = images(3);
      model.train(training);
      same.train(training);
      manualSeed(5);
      const expected = noGrad(() => same.forward(x));
      manualSeed(5);
      expect(predict(x).data).toEqual(expected.data);
      model.buffers().forEach(({ data }, i) => expect(data).toEqual(same.buffers()[i]!.data));
    }
  });

  it('takes several inputs', () => {
    const model = new Two();
    const predict = compileForward(model);
    for (let i = 0; i < 3; i++) {
      const [x, y] = [tensor([[i, 1, 2]]), tensor([[3, i]])];
      expect(predict(x, y).data).toEqual(noGrad(() => model.forward(x, y)).data);
    }
  });

  it('runs a model eagerly that gives its input back', () => {
    const reasons: string[] = [];
    const predict = compileForward(new nn.Flatten(), { onEager: (reason) => reasons.push(reason) });
    for (let i = 0; i < 3; i++) {
      const x = images(2);
      const output = predict(x);
      expect(output.data).toEqual(x.data);
      expect(output.data).not.toBe(x.data);
    }
    expect(reasons).toEqual(['the output is an input']);
  });

  it('refuses what it cannot take', () => {
    class Pair extends nn.Module<Tensor[]> {
      forward(x: Tensor): Tensor[] {
        return [x, x];
      }
    }
    class Doubled extends nn.Module {
      forward(x: Tensor): Tensor {
        return F.relu(tensor(Array.from(x.data, (value) => value * 2)));
      }
    }
    const x = tensor([1, 2, 3]);
    expect(() => compileForward({} as nn.Module)).toThrow(ArgumentError);
    expect(() => compileForward(new nn.ReLU(), { onEager: 3 as never })).toThrow(ArgumentError);
    expect(() => compileForward(new Pair() as unknown as nn.Module)(x)).toThrow(ArgumentError);
    expect(() => compileForward(new nn.ReLU())()).toThrow(ArgumentError);
    expect(() => compileForward(new nn.ReLU())(3 as never)).toThrow(ArgumentError);
    expect(() => compileForward(new nn.Linear(4, 2))(x)).toThrow(ShapeError);
    expect(() => compileForward(new Doubled())(x)).toThrow(StateError);
  });
});
