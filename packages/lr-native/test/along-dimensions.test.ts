/** What works along dimensions: gradients by finite differences in double, positions, truth values, running statistics. */
import { SGD } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { F, Generator, compileStep, gradCheck, manualSeed, nn, tensor } from '../src/index.ts';
import type { Tensor } from '../src/index.ts';

type Double = Tensor<'float64'>;

const generator = new Generator(5);

function double(shape: number[]): Double {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const x = tensor(Float64Array.from(generator.uniform_(values, 0.2, 2)), { shape });
  x.requiresGrad = true;
  return x;
}

const reductions: [string, (x: Double, options: F.ReduceOptions) => Double][] = [
  ['sum', F.sum],
  ['mean', F.mean],
  ['prod', F.prod],
  ['amax', F.amax],
  ['amin', F.amin],
  ['logsumexp', F.logsumexp],
  ['var', (x, options) => F.var(x, { ...options, correction: 0.5 })],
  ['std', F.std],
  ...[1, 2, 3, 1.5, -1, Infinity, -Infinity].map((p): [string, (x: Double, o: F.ReduceOptions) => Double] => [
    `norm ${p}`,
    (x, options) => F.norm(x, { ...options, p }),
  ]),
];
const others: [string, number[][], (...inputs: Double[]) => Double][] = [
  ['max', [[3, 4]], (x) => F.max(x!, 1).values],
  ['min', [[3, 4, 2]], (x) => F.min(x!, { dim: 1, keepdim: true }).values],
  ['cumsum', [[3, 4]], (x) => F.cumsum(x!, 0)],
  ['softmax', [[3, 4]], (x) => F.softmax(x!, { dim: 1 })],
  ['logSoftmax', [[3, 4, 2]], (x) => F.logSoftmax(x!, { dim: 1 })],
  [
    'layerNorm',
    [[3, 4], [4], [4]],
    (x, weight, bias) => F.layerNorm(x!, { normalizedShape: 4, weight: weight!, bias: bias! }),
  ],
  ['rmsNorm', [[3, 4], [4]], (x, weight) => F.rmsNorm(x!, { normalizedShape: 4, weight: weight! })],
  [
    'groupNorm',
    [[2, 4, 3], [4], [4]],
    (x, weight, bias) => F.groupNorm(x!, { numGroups: 2, weight: weight!, bias: bias! }),
  ],
  ['instanceNorm', [[2, 2, 3], [2]], (x, weight) => F.instanceNorm(x!, { weight: weight! })],
  [
    'batchNorm training',
    [[4, 2, 3], [2], [2]],
    (x, weight, bias) => F.batchNorm(x!, null, null, { training: true, weight: weight!, bias: bias! }),
  ],
  [
    'batchNorm evaluating',
    [[4, 2], [2], [2]],
    (x, weight, bias) => {
      const running = tensor(Float64Array.of(0.5, 1.5));
      return F.batchNorm(x!, running, running, { weight: weight!, bias: bias! });
    },
  ],
];

describe('gradients by finite differences', () => {
  it.each(reductions)('%s', (_, op) => {
    for (const options of [{}, { dim: 0 }, { dim: [0, -1], keepdim: true }, { dim: 1 }]) {
      expect(gradCheck((x: Double) => op(x, options), [double([3, 2, 4])])).toBe(true);
    }
  });

  it.each(others)('%s', (_, shapes, op) => {
    expect(gradCheck(op, shapes.map(double))).toBe(true);
  });
});

describe('positions', () => {
  const x = tensor([
    [1, 5, 5, 0],
    [NaN, 2, NaN, 9],
  ]);

  it('are those of the first that have the value; a NaN is a maximum and a minimum', () => {
    const most = F.max(x, 1);
    expect(most.indices.toArray()).toEqual([1, 0]);
    expect(most.values.toArray()).toEqual([5, NaN]);
    expect(most.indices.dtype).toBe('int32');
    expect(x.min({ dim: 1, keepdim: true }).indices.toArray()).toEqual([[3], [0]]);
    expect(x.argmax().item()).toBe(4);
    expect(x.argmin({ dim: 0 }).toArray()).toEqual([1, 1, 1, 0]);
  });
});

describe('truth', () => {
  it('is all or any of the elements of any type', () => {
    const x = tensor(Int32Array.of(0, 1, 2, 3), { shape: [2, 2] });
    expect([F.all(x).item(), F.any(x).item()]).toEqual([0, 1]);
    expect(x.all(1).toArray()).toEqual([0, 1]);
    expect(tensor([0, NaN]).any().item()).toBe(1);
    expect(F.all(x, { dim: 0, keepdim: true }).shape).toEqual([1, 2]);
    expect(F.any(x).dtype).toBe('bool');
  });
});

describe('running statistics', () => {
  it('of instance norm are the means over the batch, as torch.nn.InstanceNorm1d has them', () => {
    const norm = new nn.InstanceNorm1d(1, { trackRunningStats: true, momentum: 0.5 });
    norm.forward(tensor([[[1, 3]], [[2, 6]]]));
    expect(norm.runningMean!.toArray()).toEqual([1.5]);
    expect(norm.runningVar!.toArray()).toEqual([3]);
    norm.eval();
    const y = norm.forward(tensor([[[1.5, 3.5]]])).data;
    expect(y[0]).toBe(0);
    expect(y[1]).toBeCloseTo(2 / Math.sqrt(3), 5);
  });

  it('move in captured steps too', () => {
    const models = [0, 1].map(() => {
      manualSeed(1);
      return new nn.Sequential(
        new nn.Conv2d(1, 3, 3),
        new nn.BatchNorm2d(3),
        new nn.Flatten(),
        new nn.Linear(12, 4),
        new nn.BatchNorm1d(4),
        new nn.LayerNorm(4),
      );
    });
    const [eager, compiled] = models as [nn.Sequential, nn.Sequential];
    const optimizers = models.map((model) => new SGD(model.parameters(), { lr: 0.1 }));
    const loss = new nn.CrossEntropyLoss();
    const step = compileStep({ model: compiled, loss, optimizer: optimizers[1]! });
    const target = tensor(Int32Array.of(0, 3, 1, 2, 2));
    for (let i = 0; i < 3; i++) {
      const x = tensor(generator.normal_(new Float32Array(5 * 16)), { shape: [5, 1, 4, 4] });
      optimizers[0]!.zeroGrad();
      const value = loss.forward(eager.forward(x), target as unknown as Tensor);
      value.backward();
      optimizers[0]!.step();
      expect(step(x, target)).toBe(value.item());
    }
    for (const [name, { data }] of Object.entries(eager.stateDict())) {
      expect(compiled.stateDict()[name]!.data, name).toEqual(data);
    }
  });
});
