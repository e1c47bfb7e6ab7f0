/** Modules whose values are not sums of products: each engine has its own approximations. */
import { nn } from '@org/lr-native';
import { describe, expect, test } from 'vitest';
import { InferenceModel, exportOnnx, importOnnx } from '../src/index.ts';
import { excess, input } from './models.ts';

const inputShape = [2, 3, 7];
/** Roundings of exp, of the sum or the polynomial and of the division, in units of the last place of 1. */
const ROUNDINGS = 8;

describe.each<[string, () => nn.Module, number]>([
  ['Sigmoid', () => new nn.Sigmoid(), 13],
  ['Tanh', () => new nn.Tanh(), 13],
  ['SiLU', () => new nn.SiLU(), 13],
  ['Softplus', () => new nn.Softplus(), 13],
  ['LeakyReLU', () => new nn.LeakyReLU({ negativeSlope: 0.25 }), 13],
  ['LeakyReLU of a slope that float32 does not have', () => new nn.LeakyReLU(), 13],
  ['GELU', () => new nn.GELU(), 20],
  ['GELU tanh', () => new nn.GELU({ approximate: 'tanh' }), 20],
  ['Softmax', () => new nn.Softmax({ dim: 1 }), 13],
  ['Softmax of the last', () => new nn.Softmax({ dim: -1 }), 13],
  ['LogSoftmax', () => new nn.LogSoftmax({ dim: 2 }), 13],
  ['Dropout', () => new nn.Sequential(new nn.Dropout(0.5), new nn.Tanh()), 13],
])('%s', (_, make, since) => {
  test('onnxruntime computes what forward does, and it comes back', async () => {
    const module = make();
    const x = input(inputShape).mul(4);
    for (const opset of [since, 21, 26]) {
      const bytes = await exportOnnx(module, { inputShape, opset, dynamicBatch: true });
      expect(module.training).toBe(true);
      const session = await InferenceModel.load(bytes);
      const actual = await session.run(x);
      await session.close();
      const expected = module.eval().forward(x);
      const bound = Array.from(expected.data, (y) => ROUNDINGS * 2 ** -23 * Math.max(1, Math.abs(y)));
      expect(excess(actual.data, expected.data, bound)).toBeLessThanOrEqual(1);
      expect((await importOnnx(bytes)).forward(x).data).toEqual(expected.data);
      module.train();
    }
  });
});

test('GELU needs an operator set that has it', async () => {
  await expect(exportOnnx(new nn.GELU(), { inputShape, opset: 19 })).rejects.toThrow(
    '[exportOnnx] expected opset to be an integer >= 20, which the model (Gelu) needs, but received 19',
  );
});
