/** Indices as the input of a model. */
import { nn, tensor } from '@org/lr-native';
import { describe, expect, test } from 'vitest';
import { InferenceModel, exportOnnx, importOnnx } from '../src/index.ts';

const inputShape = [2, 3];
const model = (): nn.Module =>
  new nn.Sequential(new nn.Embedding(5, 4, { paddingIdx: 2 }), new nn.ReLU(), new nn.Flatten());

describe.each([
  ['int64', BigInt64Array.of(0n, 4n, 2n, 2n, 1n, 3n)],
  ['int32', Int32Array.of(0, 4, 2, 2, 1, 3)],
] as const)('%s', (inputDtype, indices) => {
  test.each([13, 21, 26])('onnxruntime gives the same bits, opset %i', async (opset) => {
    const module = model();
    const x = tensor(indices, { shape: inputShape });
    const expected = module.forward(x);
    const bytes = await exportOnnx(module, { inputShape, inputDtype, opset, dynamicBatch: true });
    const session = await InferenceModel.load(bytes);
    expect(session.inputs).toEqual([{ name: 'input', type: inputDtype, shape: ['batch', 3] }]);
    expect((await session.run(x)).data).toEqual(expected.data);
    await session.close();
    expect((await importOnnx(bytes)).forward(x).data).toEqual(expected.data);
  });
});

test('the type of the input is that of the model', async () => {
  await expect(exportOnnx(model(), { inputShape })).rejects.toThrow(
    '[embedding] expected indices to be a int32 or int64 or uint8 Tensor but received a Tensor of float32',
  );
  await expect(exportOnnx(model(), { inputShape, inputDtype: 'uint8' as never })).rejects.toThrow(
    "[exportOnnx] expected inputDtype to be 'float32', 'int32' or 'int64' but received \"uint8\"",
  );
});
