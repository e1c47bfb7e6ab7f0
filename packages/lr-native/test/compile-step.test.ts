/** A captured step gives the bits of the eager step, whatever changes between steps. */
import {
  Adam,
  ArgumentError,
  ArgumentRangeError,
  CosineAnnealingLR,
  SGD,
  ShapeError,
  StateError,
  clipGradNorm,
} from '@org/lr-core';
import type { Optimizer } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { F, compileStep, full, Generator, manualSeed, nn, profile, Tensor, tensor } from '../src/index.ts';
import type { CompileStepOptions, DType } from '../src/index.ts';

const generator = new Generator(3);
let draws = 1;

function images(batch: number, side = 10): Tensor {
  return tensor(generator.normal_(new Float32Array(batch * 2 * side * side)), {
    shape: [batch, 2, side, side],
  });
}

function classes(batch: number): Tensor<'int32'> {
  return tensor(Int32Array.from({ length: batch }, () => (draws = (draws * 5 + 3) % 64) % 5));
}

function cnn(): nn.Sequential {
  manualSeed(7);
  return new nn.Sequential(
    new nn.Conv2d(2, 8, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(8 * 4 * 4, 5),
  );
}

interface Sides {
  model: nn.Sequential;
  optimizer: Optimizer;
  step: (x: Tensor, target: Tensor<DType>) => number;
}

/** Two equal models: one steps eagerly, one by a captured program. */
function sides(
  make: () => nn.Sequential,
  optimizerOf: (model: nn.Sequential) => Optimizer,
  loss: nn.Module = new nn.CrossEntropyLoss(),
  maxNorm?: number,
): { eager: Sides; compiled: Sides } {
  const eagerModel = make();
  const eagerOptimizer = optimizerOf(eagerModel);
  const eagerStep = (x: Tensor, target: Tensor<DType>): number => {
    eagerOptimizer.zeroGrad();
    const value = loss.forward(eagerModel.forward(x), target as Tensor) as Tensor;
    value.backward();
    if (maxNorm !== undefined) clipGradNorm(eagerModel.parameters(), maxNorm);
    eagerOptimizer.step();
    return value.item();
  };
  const model = make();
  const optimizer = optimizerOf(model);
  const step = compileStep({ model, loss, optimizer, clipGradNorm: maxNorm });
  return {
    eager: { model: eagerModel, optimizer: eagerOptimizer, step: eagerStep },
    compiled: { model, optimizer, step },
  };
}

function expectSame({ eager, compiled }: { eager: Sides; compiled: Sides }): void {
  const expected = eager.model.stateDict();
  const actual = compiled.model.stateDict();
  for (const name of Object.keys(expected)) expect(actual[name]!.data, name).toEqual(expected[name]!.data);
  expect(compiled.model.parameters().map(({ grad }) => grad)).toEqual(
    eager.model.parameters().map(({ grad }) => grad),
  );
}

const adam = (model: nn.Sequential): Optimizer => new Adam(model.parameters(), { lr: 0.01 });

describe('compileStep', () => {
  it('gives the losses, gradients and weights of the eager step', () => {
    const both = sides(cnn, adam);
    for (let i = 0; i < 12; i++) {
      const x = images(4);
      const target = classes(4);
      expect(both.compiled.step(x, target)).toBe(both.eager.step(x, target));
      expectSame(both);
    }
  });

  it('follows the learning rate and other options', () => {
    const both = sides(cnn, (model) => new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }));
    const schedulers = [both.eager, both.compiled].map(
      ({ optimizer }) => new CosineAnnealingLR(optimizer, { tMax: 5 }),
    );
    for (let i = 0; i < 8; i++) {
      const x = images(4);
      const target = classes(4);
      expect(both.compiled.step(x, target)).toBe(both.eager.step(x, target));
      schedulers.forEach((scheduler) => scheduler.step());
      if (i === 4) {
        for (const { optimizer } of [both.eager, both.compiled])
          (optimizer as SGD).paramGroups[0]!.weightDecay = 0.1;
      }
    }
    expectSame(both);
  });

  it('clips gradients', () => {
    const both = sides(cnn, adam, new nn.CrossEntropyLoss(), 0.1);
    for (let i = 0; i < 4; i++) {
      const x = images(4);
      const target = classes(4);
      expect(both.compiled.step(x, target)).toBe(both.eager.step(x, target));
    }
    expectSame(both);
  });

  it('trains a convolution whose relu is max-pooled as it is computed', () => {
    const both = sides(() => {
      manualSeed(7);
      return new nn.Sequential(
        new nn.Conv2d(2, 32, 1),
        new nn.Conv2d(32, 40, 3),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(40 * 4 * 4, 5),
      );
    }, adam);
    for (let i = 0; i < 4; i++) {
      const x = images(3);
      const target = classes(3);
      expect(both.compiled.step(x, target)).toBe(both.eager.step(x, target));
    }
    expectSame(both);
  });

  it('records again for other shapes, and keeps what it has recorded', () => {
    const both = sides(cnn, adam);
    for (const batch of [4, 3, 4, 1, 2, 5, 6, 7, 8, 9, 10, 4, 3]) {
      const x = images(batch);
      const target = classes(batch);
      expect(both.compiled.step(x, target)).toBe(both.eager.step(x, target));
    }
    expectSame(both);
  });

  it('notices frozen parameters, replaced arrays and another mode', () => {
    const both = sides(
      () => new nn.Sequential(new nn.Flatten(), new nn.Linear(200, 16), new nn.Tanh(), new nn.Linear(16, 5)),
      adam,
    );
    both.compiled.model.loadStateDict(both.eager.model.stateDict());
    const changes: ((model: nn.Sequential) => void)[] = [
      () => {},
      (model) => (model.parameters()[0]!.requiresGrad = false),
      (model) => (model.parameters()[0]!.requiresGrad = true),
      (model) => (model.parameters()[2]!.data = full([80], 0.5).data),
      (model) => void model.eval(),
    ];
    for (const change of changes) {
      change(both.eager.model);
      change(both.compiled.model);
      for (let i = 0; i < 2; i++) {
        const x = images(4);
        const target = classes(4);
        expect(both.compiled.step(x, target)).toBe(both.eager.step(x, target));
        expectSame(both);
      }
    }
  });

  it('takes float targets, and a function as the loss', () => {
    const model = cnn();
    const reference = cnn();
    const step = compileStep({
      model,
      loss: (output, target) => F.mul(F.mseLoss(output, target), 2),
      optimizer: new SGD(model.parameters(), { lr: 0.05 }),
    });
    const optimizer = new SGD(reference.parameters(), { lr: 0.05 });
    for (let i = 0; i < 4; i++) {
      const x = images(3);
      const target = tensor(generator.normal_(new Float32Array(15)), { shape: [3, 5] });
      optimizer.zeroGrad();
      const loss = F.mul(F.mseLoss(reference.forward(x) as Tensor, target), 2);
      loss.backward();
      optimizer.step();
      expect(step(x, target)).toBe(loss.item());
    }
  });

  it('repeats comparisons, booleans, integers, conversions, order and bounds', () => {
    const loss = (output: Tensor, target: Tensor): Tensor => {
      const positive = F.asType(F.logicalAnd(F.gt(output, 0), F.isfinite(output)), 'int32');
      const weight = F.asType(F.add(F.mul(positive, 3), positive), 'float32');
      const squares = F.mul(F.square(F.sub(output, target)), F.add(weight, 1));
      const bounded = F.clamp(output, { min: F.neg(F.abs(target)), max: target });
      const most = F.topk(squares, 2).values;
      return F.add(F.add(F.sum(most), F.median(squares)), F.mean(F.sort(bounded).values));
    };
    const model = cnn();
    const reference = cnn();
    const step = compileStep({ model, loss, optimizer: new SGD(model.parameters(), { lr: 0.01 }) });
    const optimizer = new SGD(reference.parameters(), { lr: 0.01 });
    for (let i = 0; i < 5; i++) {
      const x = images(3);
      const target = tensor(generator.normal_(new Float32Array(15)), { shape: [3, 5] });
      optimizer.zeroGrad();
      const value = loss(reference.forward(x) as Tensor, target);
      value.backward();
      optimizer.step();
      expect(step(x, target)).toBe(value.item());
    }
  });

  it('repeats dropout, running statistics and shared values', () => {
    class Residual extends nn.Module {
      readonly body = new nn.Sequential(
        new nn.Conv2d(8, 8, 3, { padding: 1, bias: false }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
      );
      forward(x: Tensor): Tensor {
        return F.add(x, this.body.forward(x) as Tensor);
      }
    }
    const make = (): nn.Sequential => {
      manualSeed(7);
      return new nn.Sequential(
        new nn.Conv2d(2, 8, 3),
        new nn.BatchNorm2d(8),
        new nn.GELU(),
        new Residual(),
        new nn.Dropout(0.3),
        new nn.Flatten(),
        new nn.Linear(8 * 64, 5),
      );
    };
    const both = sides(make, adam);
    for (let i = 0; i < 6; i++) {
      const x = images(4);
      const target = classes(4);
      manualSeed(i);
      const expected = both.eager.step(x, target);
      manualSeed(i);
      expect(both.compiled.step(x, target)).toBe(expected);
      expectSame(both);
    }
  });

  it('takes maxima of a relu, over windows that overlap or not', () => {
    for (const pool of [
      new nn.MaxPool2d(2),
      new nn.MaxPool2d(3, { stride: 1 }),
      new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    ]) {
      const both = sides(
        () => {
          manualSeed(7);
          return new nn.Sequential(
            new nn.Conv2d(2, 8, 3),
            new nn.ReLU(),
            pool,
            new nn.Conv2d(8, 4, 2),
            new nn.ReLU(),
            new nn.AdaptiveAvgPool2d(1),
            new nn.Flatten(),
            new nn.Linear(4, 5),
          );
        },
        (model) => new Adam(model.parameters(), { lr: 0.01 }),
      );
      for (let i = 0; i < 4; i++) {
        const [x, target] = [images(6), classes(6)];
        expect(both.compiled.step(x, target)).toBe(both.eager.step(x, target));
        expectSame(both);
      }
    }
  });

  it('takes the gradient of a relu behind a max-pool of the maxima alone', () => {
    const { step } = sides(cnn, adam).compiled;
    const [x, target] = [images(6), classes(6)];
    for (let i = 0; i < 3; i++) step(x, target);
    const relu = profile(() => step(x, target)).rows.find(({ name }) => name === 'unaryBackward(relu)');
    // What the maxima are, their gradients and what is left of these, in float32
    expect(relu!.bytes).toBe(3 * 4 * 6 * 8 * 4 * 4);
  });

  it('trains a transformer', () => {
    const make = (): nn.Sequential => {
      manualSeed(3);
      return new nn.Sequential(
        new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, dropout: 0.1, batchFirst: true }),
        new nn.Flatten(),
        new nn.Linear(40, 3),
      );
    };
    const both = sides(make, adam, new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }));
    for (let i = 0; i < 4; i++) {
      const x = tensor(generator.normal_(new Float32Array(4 * 40)), { shape: [4, 5, 8] });
      const target = tensor(Int32Array.of(0, 1, 2, i % 3));
      manualSeed(i);
      const expected = both.eager.step(x, target);
      manualSeed(i);
      expect(both.compiled.step(x, target)).toBe(expected);
    }
    expectSame(both);
  });

  it('runs eagerly where a number changes from step to step', () => {
    const make = (): nn.Sequential => {
      manualSeed(7);
      return new nn.Sequential(
        new nn.Flatten(),
        new nn.BatchNorm1d(200, { momentum: null }),
        new nn.Linear(200, 5),
      );
    };
    const both = sides(make, adam);
    for (let i = 0; i < 4; i++) {
      const x = images(4);
      const target = classes(4);
      expect(both.compiled.step(x, target)).toBe(both.eager.step(x, target));
    }
    expectSame(both);
  });

  it('says once why it runs eagerly', () => {
    manualSeed(7);
    const model = new nn.Sequential(new nn.Flatten(), new nn.BatchNorm1d(200, { momentum: null }));
    const reasons: string[] = [];
    const step = compileStep({
      model,
      loss: new nn.MSELoss(),
      optimizer: adam(model),
      onEager: (reason) => reasons.push(reason),
    });
    for (const batch of [4, 3, 4])
      step(images(batch), tensor(new Float32Array(batch * 200), { shape: [batch, 200] }));
    expect(reasons).toEqual(['BatchNorm with momentum null']);
  });

  it.each([false, true])('leaves out a step whose loss is not finite where asked to: %s', (skipNonfinite) => {
    manualSeed(7);
    const model = new nn.Sequential(
      new nn.Conv2d(2, 4, 3),
      new nn.BatchNorm2d(4),
      new nn.Flatten(),
      new nn.Linear(256, 5),
    );
    const optimizer = adam(model);
    const step = compileStep({ model, loss: new nn.CrossEntropyLoss(), optimizer, skipNonfinite });
    const bad = images(4);
    bad.data[5] = NaN;
    const state = (): unknown =>
      structuredClone([Object.values(model.stateDict()).map(({ data }) => data), optimizer.stateDict()]);
    // The first of a shape is recorded, the others are replayed.
    for (const x of [bad, images(4), bad, images(4)]) {
      const before = state();
      const value = step(x, classes(4));
      if (x === bad && skipNonfinite) expect(state()).toEqual(before);
      else expect(state()).not.toEqual(before);
      if (skipNonfinite || x === bad) expect(Number.isNaN(value)).toBe(x === bad);
    }
  });

  it('still refuses a wrong target, and changes nothing', () => {
    const { compiled } = sides(cnn, adam);
    for (let i = 0; i < 3; i++) compiled.step(images(2), classes(2));
    const before = compiled.model.parameters().map(({ data }) => data.slice());
    expect(() => compiled.step(images(2), tensor(Int32Array.of(1, 5)))).toThrow(
      '[crossEntropy] expected target[1] to be a class from 0 to 4',
    );
    expect(compiled.model.parameters().map(({ data }) => data)).toEqual(before);
    expect(Number.isFinite(compiled.step(images(2), classes(2)))).toBe(true);
  });

  it('refuses a step that computes in JavaScript', () => {
    class Counting extends nn.Module {
      readonly weight = new nn.Parameter(tensor([1, 2]));
      readonly total = new nn.Buffer(tensor([0, 0]));
      forward(input: Tensor): Tensor {
        const y = F.mul(input, this.weight);
        this.total.data[0]! += y.data[0]!;
        return y;
      }
    }
    const counting = new Counting();
    const wrong = compileStep({
      model: counting,
      loss: new nn.MSELoss(),
      optimizer: new SGD(counting.parameters(), { lr: 0.1 }),
    });
    expect(() => wrong(tensor([1, 3]), tensor([0, 0]))).toThrow(StateError);
    expect(counting.weight.data).toEqual(Float32Array.of(1, 2));
  });

  it.each<
    [string, (options: CompileStepOptions) => unknown, typeof ArgumentError | typeof ShapeError, string]
  >([
    [
      'model',
      (o) => compileStep({ ...o, model: 3 as never }),
      ArgumentError,
      '[compileStep] expected model to be a Module',
    ],
    [
      'loss',
      (o) => compileStep({ ...o, loss: 'mse' as never }),
      ArgumentError,
      '[compileStep] expected loss to be a Module or a function',
    ],
    [
      'optimizer',
      (o) => compileStep({ ...o, optimizer: {} as never }),
      ArgumentError,
      '[compileStep] expected optimizer to be an Optimizer',
    ],
    [
      'clipGradNorm',
      (o) => compileStep({ ...o, clipGradNorm: -1 }),
      ArgumentRangeError,
      '[compileStep] expected clipGradNorm to be',
    ],
    [
      'x',
      (o) => compileStep(o)([1] as never, classes(1)),
      ArgumentError,
      '[compileStep] expected x to be a Tensor',
    ],
    [
      'target',
      (o) => compileStep(o)(images(1), 1 as never),
      ArgumentError,
      '[compileStep] expected target to be a Tensor',
    ],
    [
      'shape of x',
      (o) => compileStep(o)(images(1, 3), classes(1)),
      ShapeError,
      '[maxPool2d] expected x to be',
    ],
    [
      'loss per example',
      (o) =>
        compileStep({ ...o, loss: new nn.CrossEntropyLoss({ reduction: 'none' }) })(images(2), classes(2)),
      ArgumentError,
      '[compileStep] expected the loss to be a scalar Tensor',
    ],
  ])('refuses a wrong %s', (_, wrong, type, text) => {
    const model = cnn();
    const options = { model, loss: new nn.CrossEntropyLoss(), optimizer: adam(model) };
    expect(() => wrong(options)).toThrow(text);
    expect(() => wrong(options)).toThrow(type);
    // and goes on working
    expect(Number.isFinite(compileStep(options)(images(2), classes(2)))).toBe(true);
  });
});
