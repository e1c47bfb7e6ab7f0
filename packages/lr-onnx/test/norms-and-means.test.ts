/** Normalisation and average pooling: sums of K numbers that are divided, in another order in each engine. */
import { nn } from '@org/lr-native';
import { beforeEach, describe, expect, test } from 'vitest';
import { BatchNorm, InferenceModel, exportOnnx, importOnnx } from '../src/index.ts';
import { excess, input } from './models.ts';

const image = [2, 4, 9, 12];

/** Weights, shifts and running statistics in [-1, 1), variances in [0.5, 1.5). */
function filled<M extends nn.Module>(module: M): M {
  module.parameters().forEach((parameter, i) => parameter.data.set(input(parameter.shape, i + 2).data));
  module.namedBuffers().forEach(([name, buffer], i) => {
    const values = input(buffer.shape, i + 7).data;
    if (name.endsWith('running_mean')) buffer.data.set(values as never);
    if (name.endsWith('running_var')) buffer.data.set(values.map((value) => 1 + value / 2) as never);
  });
  return module;
}

/** 1/std < 2 and |h| < 4 for the inputs here, weight and bias at most 1: |weight| · (1/std + |h|) + |bias|. */
const NORM = 7;
const averages =
  (options: ConstructorParameters<typeof nn.AvgPool2d>[1], kernel: number | [number, number] = 3) =>
  () =>
    new nn.AvgPool2d(kernel, options);

/** What, how it is made, its input, K, the largest of what is added up, and the first operator set that has it. */
const MODULES: [string, () => nn.Module, number[], number, number, number][] = [
  ['BatchNorm1d, 2 dimensions', () => new nn.BatchNorm1d(5), [3, 5], 4, NORM, 13],
  ['BatchNorm1d, 3 dimensions', () => new nn.BatchNorm1d(5, { affine: false }), [3, 5, 7], 4, NORM, 13],
  ['BatchNorm2d', () => new nn.BatchNorm2d(4, { eps: 1e-3, momentum: 0.3 }), image, 4, NORM, 13],
  ['BatchNorm2d without weights', () => new nn.BatchNorm2d(4, { affine: false }), image, 4, NORM, 13],
  ['LayerNorm', () => new nn.LayerNorm(12), image, 12, NORM, 17],
  ['LayerNorm of 3 dimensions', () => new nn.LayerNorm([4, 9, 12], { eps: 1e-3 }), image, 432, NORM, 17],
  ['LayerNorm without bias', () => new nn.LayerNorm([9, 12], { bias: false }), image, 108, NORM, 17],
  [
    'LayerNorm without weights',
    () => new nn.LayerNorm([12], { elementwiseAffine: false }),
    image,
    12,
    NORM,
    17,
  ],
  ['GroupNorm', () => new nn.GroupNorm(2, 4), image, 216, NORM, 21],
  ['GroupNorm of each channel', () => new nn.GroupNorm(4, 4, { eps: 1e-3 }), image, 108, NORM, 21],
  ['GroupNorm without weights', () => new nn.GroupNorm(1, 4, { affine: false }), [2, 4, 9], 36, NORM, 21],
  ['GroupNorm, 2 dimensions', () => new nn.GroupNorm(2, 8), [3, 8], 4, NORM, 21],
  ['AvgPool2d', averages({}), image, 9, 1, 13],
  ['AvgPool2d of other sizes', averages({ stride: [1, 3] }, [2, 4]), image, 8, 1, 13],
  ['AvgPool2d padding', averages({ padding: 1, stride: 2 }), image, 9, 1, 13],
  [
    'AvgPool2d padding that does not count',
    averages({ padding: 1, stride: 2, countIncludePad: false }),
    image,
    9,
    1,
    13,
  ],
  ['AvgPool2d ceilMode', averages({ stride: 2, ceilMode: true }), [1, 2, 8, 10], 9, 1, 13],
  [
    'AvgPool2d ceilMode, padding',
    averages({ stride: 2, padding: 1, ceilMode: true }),
    [1, 2, 8, 10],
    9,
    1,
    13,
  ],
  [
    'AvgPool2d ceilMode, padding that does not count',
    averages({ stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
    [1, 2, 8, 10],
    9,
    1,
    13,
  ],
  [
    'AvgPool2d ceilMode, last window in the padding',
    averages({ ceilMode: true, stride: 3, padding: 1 }, 2),
    [1, 1, 6, 7],
    4,
    1,
    13,
  ],
  ['AdaptiveAvgPool2d to one', () => new nn.AdaptiveAvgPool2d(1), image, 108, 1, 13],
  ['AdaptiveAvgPool2d to parts', () => new nn.AdaptiveAvgPool2d([3, 4]), image, 9, 1, 13],
  ['AdaptiveAvgPool2d of one dimension', () => new nn.AdaptiveAvgPool2d([null, 1]), image, 12, 1, 13],
];

describe.each(MODULES)('%s', (_, make, inputShape, products, magnitude, since) => {
  let module: nn.Module;
  beforeEach(() => {
    module = filled(make());
  });

  test.each([...new Set([since, 21, 26])])(
    'onnxruntime computes what forward does, opset %i',
    async (opset) => {
      const session = await InferenceModel.load(
        await exportOnnx(module, { inputShape, opset, dynamicBatch: true }),
      );
      module.eval();
      for (const shape of [inputShape, inputShape.with(0, inputShape[0]! + 1)]) {
        const x = input(shape);
        const actual = await session.run(x);
        const expected = module.forward(x);
        expect(actual.shape).toEqual(expected.shape);
        const bound = Array<number>(actual.size).fill(2 * Math.sqrt(products) * 2 ** -23 * magnitude);
        expect(excess(actual.data, expected.data, bound)).toBeLessThanOrEqual(1);
      }
      await session.close();
    },
  );

  test('comes back with the same bits', async () => {
    const x = input(inputShape);
    const bytes = await exportOnnx(module, { inputShape });
    const back = (await importOnnx(bytes)).eval();
    const expected = module.eval().forward(x);
    expect(back.forward(x).shape).toEqual(expected.shape);
    const again = await exportOnnx(back, { inputShape });
    expect(await exportOnnx(await importOnnx(again), { inputShape })).toEqual(again);
    // ONNX keeps eps as a float32.
    const bound = Array<number>(expected.size).fill('eps' in module ? 2 ** -23 * magnitude : 0);
    expect(excess(back.forward(x).data, expected.data, bound)).toBeLessThanOrEqual(1);
  });

  test.runIf(since > 13)('needs an operator set that has it', async () => {
    const text = `expected opset to be an integer >= ${since}, which the model`;
    await expect(exportOnnx(module, { inputShape, opset: since - 1 })).rejects.toThrow(text);
  });
});

test('a divisor of the windows is a factor', async () => {
  const module = new nn.AvgPool2d(3, { divisorOverride: 4, padding: 1, countIncludePad: false });
  const x = input(image);
  const bytes = await exportOnnx(module, { inputShape: image });
  const session = await InferenceModel.load(bytes);
  const bound = Array<number>(module.forward(x).size).fill((9 / 4) * 2 * Math.sqrt(10) * 2 ** -23);
  for (const y of [await session.run(x), (await importOnnx(bytes)).forward(x)]) {
    expect(excess(y.data, module.forward(x).data, bound)).toBeLessThanOrEqual(1);
  }
  await session.close();
});

test('an imported batch norm trains on with what the file had', async () => {
  const model = new nn.Sequential(new nn.Conv2d(4, 6, 3), filled(new nn.BatchNorm2d(6, { momentum: 0.25 })));
  const back = (await importOnnx(await exportOnnx(model, { inputShape: image }))) as nn.Sequential;
  const norm = back.at(1) as BatchNorm;
  expect(norm).toBeInstanceOf(BatchNorm);
  const original = model.at(1) as nn.BatchNorm2d;
  expect(norm.momentum).toBe(0.25);
  for (const module of [model, back]) module.train().forward(input(image));
  expect(norm.runningMean!.data).toEqual(original.runningMean!.data);
  expect(norm.runningVar!.data).toEqual(original.runningVar!.data);
});

test.each<[string, nn.Module, string]>([
  [
    'a batch norm of the batch',
    new nn.BatchNorm2d(4, { trackRunningStats: false }),
    'expected model.0 to have running statistics, as BatchNormalization wants them, but received one with trackRunningStats false',
  ],
  [
    'windows of different sizes',
    new nn.AdaptiveAvgPool2d([3, 5]),
    'expected the outputSize of model.0 to divide [9, 12], since the windows of AveragePool are all of one size, but received [3, 5]',
  ],
  [
    'a divisor of windows that are cut off',
    new nn.AvgPool2d(2, { ceilMode: true, divisorOverride: 3 }),
    'expected model.0 to have no divisorOverride where ceilMode is true, which AveragePool cannot say, but received 3',
  ],
])('%s is refused', async (_, module, text) => {
  const exported = exportOnnx(new nn.Sequential(module), { inputShape: image });
  await expect(exported).rejects.toThrow(
    expect.objectContaining({ name: 'ArgumentError', message: `[exportOnnx] ${text}` }),
  );
});
