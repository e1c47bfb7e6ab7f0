import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { F, manualSeed, nn, tensor } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InferenceModel, exportOnnx, importOnnx } from '../src/index.ts';
import { ModelProtoSchema } from '../src/proto/onnx_pb.ts';
import { bounds, cnn, excess, input } from './models.ts';

let dir: string;
beforeEach(() => {
  manualSeed(7);
  dir = mkdtempSync(join(tmpdir(), 'lr-onnx-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const decode = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);

const conv =
  (options: ConstructorParameters<typeof nn.Conv2d>[3], kernel: number | [number, number] = 3) =>
  () =>
    new nn.Conv2d(4, 6, kernel, options);
const image = [2, 4, 9, 11];
/** Every module, over its options: what it is called, how it is made, the shape of its input. */
const MODULES: [string, () => nn.Module, number[]][] = [
  ['Conv2d', conv({}), image],
  ['Conv2d without bias', conv({ bias: false }), image],
  ['Conv2d stride', conv({ stride: [2, 3] }), image],
  ['Conv2d padding', conv({ padding: [2, 1] }), image],
  ['Conv2d valid', conv({ padding: 'valid' }), image],
  ['Conv2d same', conv({ padding: 'same' }), image],
  ['Conv2d same, even kernel', conv({ padding: 'same', dilation: [1, 3] }, [4, 2]), image],
  ['Conv2d dilation', conv({ dilation: [2, 1] }), image],
  ['Conv2d groups', conv({ groups: 2 }), image],
  ['Conv2d 1x1', conv({}, 1), image],
  ['Linear, 1 dimension', () => new nn.Linear(7, 5), [7]],
  ['Linear, 2 dimensions', () => new nn.Linear(7, 5), [3, 7]],
  ['Linear, 4 dimensions', () => new nn.Linear(7, 5), [2, 3, 4, 7]],
  ['Linear without bias, 2 dimensions', () => new nn.Linear(7, 5, { bias: false }), [3, 7]],
  ['Linear without bias, 3 dimensions', () => new nn.Linear(7, 5, { bias: false }), [2, 3, 7]],
  ['ReLU', () => new nn.ReLU(), [3, 5]],
  ['MaxPool2d', () => new nn.MaxPool2d(2), image],
  ['MaxPool2d stride', () => new nn.MaxPool2d([3, 2], { stride: [1, 3] }), image],
  ['MaxPool2d padding', () => new nn.MaxPool2d(3, { padding: 1, stride: 2 }), image],
  ['MaxPool2d dilation', () => new nn.MaxPool2d(2, { dilation: [3, 2] }), image],
  ['MaxPool2d ceilMode', () => new nn.MaxPool2d(3, { ceilMode: true, stride: 2 }), [1, 2, 8, 10]],
  [
    'MaxPool2d ceilMode, last window in the padding',
    () => new nn.MaxPool2d(2, { ceilMode: true, stride: 3, padding: 1 }),
    [1, 1, 6, 7],
  ],
  ['Flatten', () => new nn.Flatten(), image],
  ['Flatten to the last', () => new nn.Flatten({ startDim: 2 }), image],
  ['Flatten all', () => new nn.Flatten({ startDim: 0 }), image],
  ['Flatten in the middle', () => new nn.Flatten({ startDim: 1, endDim: -2 }), image],
  ['Flatten with the batch', () => new nn.Flatten({ startDim: 0, endDim: 1 }), image],
  ['Flatten, 1 dimension', () => new nn.Flatten({ startDim: 0 }), [7]],
  ['Identity', () => new nn.Identity(), [3, 5]],
  ['Sequential of nothing', () => new nn.Sequential(), [3, 5]],
  [
    'Sequential in Sequential',
    () => new nn.Sequential(new nn.Sequential(new nn.ReLU()), new nn.Linear(5, 4)),
    [3, 5],
  ],
  [
    'a Linear on the last of four dimensions',
    () => new nn.Sequential(new nn.Conv2d(4, 10, 3), new nn.Linear(9, 3)),
    image,
  ],
  ['a CNN', cnn, [3, 1, 14, 14]],
];

describe.each(MODULES)('%s', (_, make, inputShape) => {
  test.each([13, 21, 26])('onnxruntime computes what forward does, opset %i', async (opset) => {
    const module = make();
    const x = input(inputShape);
    const session = await InferenceModel.load(await exportOnnx(module, { inputShape, opset }));
    const actual = await session.run(x);
    await session.close();
    const expected = module.forward(x);
    expect(actual.shape).toEqual(expected.shape);
    expect(excess(actual.data, expected.data, bounds(module, x))).toBeLessThanOrEqual(1);
  });

  test('a dynamic batch takes other sizes', async () => {
    const module = make();
    const wider = inputShape.with(0, inputShape[0]! + 2);
    if (inputShape.length === 1) return;
    const session = await InferenceModel.load(await exportOnnx(module, { inputShape, dynamicBatch: true }));
    expect(session.inputs[0]!.shape[0]).toBe('batch');
    for (const shape of [inputShape, wider]) {
      const x = input(shape);
      const actual = await session.run(x);
      const expected = module.forward(x);
      expect(actual.shape).toEqual(expected.shape);
      expect(excess(actual.data, expected.data, bounds(module, x))).toBeLessThanOrEqual(1);
    }
    await session.close();
  });

  test('comes back with the same bits', async () => {
    const module = make();
    const x = input(inputShape);
    const bytes = await exportOnnx(module, { inputShape });
    const back = await importOnnx(bytes);
    expect(back.forward(x).shape).toEqual(module.forward(x).shape);
    expect(back.forward(x).data).toEqual(module.forward(x).data);
    const again = await exportOnnx(back, { inputShape });
    expect(await exportOnnx(await importOnnx(again), { inputShape })).toEqual(again);
  });
});

describe('the file', () => {
  test('names weights as the parameters, nodes as the modules', async () => {
    const model = new nn.Sequential(
      new nn.Sequential(new nn.Conv2d(1, 2, 3)),
      new nn.Flatten(),
      new nn.Linear(8, 3),
    );
    const { graph } = decode(await exportOnnx(model, { inputShape: [1, 1, 4, 4] }));
    expect(graph!.initializer.map(({ name }) => name)).toEqual(model.namedParameters().map(([name]) => name));
    expect(graph!.node.map(({ name, opType }) => [name, opType])).toEqual([
      ['0.0/Conv', 'Conv'],
      ['1/Flatten', 'Flatten'],
      ['2/Gemm', 'Gemm'],
    ]);
  });

  test('has the names, the operator set and the IR version asked for', async () => {
    const options = { inputShape: [1, 4], inputNames: ['pixels'], outputNames: ['logits'] };
    const { graph, opsetImport, irVersion } = decode(
      await exportOnnx(new nn.Linear(4, 2), { ...options, opset: 17 }),
    );
    expect([graph!.input[0]!.name, graph!.output[0]!.name]).toEqual(['pixels', 'logits']);
    expect([opsetImport[0]!.version, irVersion]).toEqual([17n, 8n]);
    expect(decode(await exportOnnx(new nn.Linear(4, 2), options)).opsetImport[0]!.version).toBe(21n);
  });

  test('has a name that a weight has already only once', async () => {
    const options = { inputShape: [1, 4], inputNames: ['weight'], outputNames: ['bias'] };
    const model = new nn.Linear(4, 2);
    const session = await InferenceModel.load(await exportOnnx(model, options));
    expect((await session.run(input([1, 4]))).shape).toEqual([1, 2]);
    await session.close();
  });

  test('has the weights of a module that is used twice once', async () => {
    const shared = new nn.Linear(4, 4);
    const model = new nn.Sequential(shared, new nn.ReLU(), shared);
    const bytes = await exportOnnx(model, { inputShape: [2, 4] });
    expect(decode(bytes).graph!.initializer.length).toBe(2);
    const x = input([2, 4]);
    expect((await importOnnx(bytes)).forward(x).data).toEqual(model.forward(x).data);
  });

  test('is the bytes that are returned, and nothing else is left behind', async () => {
    const path = join(dir, 'model.onnx');
    writeFileSync(path, 'an older one');
    const bytes = await exportOnnx(cnn(), { inputShape: [1, 1, 14, 14], path });
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(dir)).toEqual(['model.onnx']);
  });

  test('is not there after a failure', async () => {
    const path = join(dir, 'model.onnx');
    await expect(exportOnnx(cnn(), { inputShape: [1, 2, 14, 14], path })).rejects.toThrow('[conv2d]');
    expect(readdirSync(dir)).toEqual([]);
    await expect(
      exportOnnx(cnn(), { inputShape: [1, 1, 14, 14], path: join(dir, 'no', 'm.onnx') }),
    ).rejects.toThrow('ENOENT');
  });
});

test('the model keeps its modes, its weights and its gradients', async () => {
  const model = cnn();
  model.at(0)!.eval();
  const before = model.stateDict();
  await exportOnnx(model, { inputShape: [1, 1, 14, 14] });
  expect(model.training).toBe(true);
  expect(model.at(0)!.training).toBe(false);
  expect(model.at(1)!.training).toBe(true);
  expect(model.stateDict()).toEqual(before);
  expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
});

/** Models with a forward of their own. */
class Residual extends nn.Module {
  conv1 = new nn.Conv2d(4, 4, 3, { padding: 1 });
  conv2 = new nn.Conv2d(4, 4, 3, { padding: 'same' });
  scale = new nn.Parameter(tensor([[[0.5]], [[2]], [[-1]], [[0.25]]]));
  fc = new nn.Linear(5, 3);
  forward(x: Tensor): Tensor {
    const y = this.conv2.forward(F.relu(this.conv1.forward(x)));
    const z = F.relu(y.mul(this.scale).add(x)).sub(0.125).div(3);
    return this.fc.forward(z.reshape([-1, 10]).reshape([x.shape[0]!, -1, 5]));
  }
}
class Functional extends nn.Module {
  a = new nn.Parameter(input([6, 5], 2));
  b = new nn.Parameter(input([6], 3));
  c = new nn.Parameter(input([6, 6], 4));
  forward(x: Tensor): Tensor {
    const y = F.linear(x, this.a, this.b);
    return F.linear(F.unsqueeze(F.flatten(y.matmul(this.c), { startDim: 0, endDim: 1 }), 1), this.c);
  }
}
/** A convolution and pooling, with options, as functions. */
class FunctionalCnn extends nn.Module {
  kernel = new nn.Parameter(input([6, 2, 3, 3], 2));
  second = new nn.Parameter(input([6, 2, 3, 3], 4));
  bias = new nn.Parameter(input([6], 3));
  forward(x: Tensor): Tensor {
    const options = { stride: [2, 1], padding: 'same', groups: 2 } as const;
    const y = F.silu(F.conv2d(x, this.kernel, this.bias, { ...options, stride: 1, dilation: [1, 2] }));
    const z = F.conv2d(
      F.maxPool2d(y, { kernelSize: [2, 3], padding: [1, 0], ceilMode: true }),
      this.second,
      null,
      {
        ...options,
        groups: 3,
        padding: [2, 1],
      },
    );
    const means = F.avgPool2d(z, { kernelSize: 2, stride: 1, padding: 1, countIncludePad: false });
    return F.adaptiveAvgPool2d(F.softplus(means), { outputSize: 1 }).flatten({ startDim: 1 });
  }
}
class Louder extends nn.Linear {
  override forward(x: Tensor): Tensor {
    return super.forward(x).mul(2);
  }
}
class Renamed extends nn.Linear {}
class Twice extends nn.Module {
  layer = new nn.Linear(4, 4);
  private inner = new nn.Sequential(this.layer, new nn.ReLU(), this.layer);
  forward(x: Tensor): Tensor {
    return this.inner.forward(this.layer.forward(x)).add(this.layer.bias!);
  }
}

describe.each<[string, () => nn.Module, number[], string[]]>([
  [
    'a residual block',
    () => new Residual(),
    [2, 4, 4, 5],
    [
      'Conv',
      'Relu',
      'Conv',
      'Mul',
      'Add',
      'Relu',
      'Constant',
      'Sub',
      'Constant',
      'Div',
      'Reshape',
      'Reshape',
      'MatMul',
      'Add',
    ],
  ],
  [
    'functions alone',
    () => new Functional(),
    [2, 3, 5],
    ['Transpose', 'MatMul', 'Add', 'MatMul', 'Reshape', 'Reshape', 'Transpose', 'MatMul'],
  ],
  [
    'convolution and pooling as functions',
    () => new FunctionalCnn(),
    [2, 4, 9, 11],
    ['Conv', 'Sigmoid', 'Mul', 'MaxPool', 'Conv', 'AveragePool', 'Softplus', 'AveragePool', 'Reshape'],
  ],
  ['a subclass with its own forward', () => new Louder(4, 2), [3, 4], ['Gemm', 'Constant', 'Mul']],
  ['a subclass without', () => new Renamed(4, 2), [3, 4], ['Gemm']],
  ['a module used three times', () => new Twice(), [4, 4], ['Gemm', 'Gemm', 'Relu', 'Gemm', 'Add']],
])('%s', (_, make, inputShape, opTypes) => {
  test.each([false, true])(
    'onnxruntime computes what forward does, dynamic batch %s',
    async (dynamicBatch) => {
      const model = make();
      const bytes = await exportOnnx(model, { inputShape, dynamicBatch });
      const { graph } = decode(bytes);
      expect(graph!.node.map(({ opType }) => opType)).toEqual(opTypes);
      const own = graph!.initializer.map(({ name }) => name).filter((name) => !/sizes|transposed/.test(name));
      expect(model.namedParameters().map(([name]) => name)).toEqual(expect.arrayContaining(own));
      const session = await InferenceModel.load(bytes);
      const x = input(dynamicBatch ? inputShape.with(0, inputShape[0]! + 3) : inputShape);
      const actual = await session.run(x);
      await session.close();
      const expected = model.forward(x);
      expect(actual.shape).toEqual(expected.shape);
      const largest = Math.max(...expected.data.map(Math.abs));
      // Four sums in a row of at most 37 products, of numbers of about the size of the largest output.
      const bound = Array<number>(actual.size).fill(4 * Math.sqrt(37) * 2 ** -23 * Math.max(1, largest));
      expect(excess(actual.data, expected.data, bound)).toBeLessThanOrEqual(1);
    },
  );

  test('comes back with the same bits', async () => {
    const model = make();
    const x = input(inputShape);
    const back = await importOnnx(await exportOnnx(model, { inputShape }));
    expect(back.forward(x).shape).toEqual(model.forward(x).shape);
    expect(back.forward(x).data).toEqual(model.forward(x).data);
    const again = await exportOnnx(back, { inputShape });
    expect(await exportOnnx(await importOnnx(again), { inputShape })).toEqual(again);
  });
});

describe('what cannot be exported is refused by name', () => {
  class Deviation extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.std({ dim: 1 });
    }
  }
  class Detached extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.add(x.detach());
    }
  }
  class Branching extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.data[0]! > 0.5 ? x.relu() : x.mul(2);
    }
  }
  class Batched extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.div(x.shape[0]!);
    }
  }
  const inputShape = [2, 4];
  const linear = (): nn.Module => new nn.Linear(4, 2);

  test.each<[string, () => nn.Module, object, string, string]>([
    [
      'unknown function',
      () => new nn.Sequential(new nn.ReLU(), new Deviation()),
      { inputShape },
      'ArgumentError',
      "[exportOnnx] expected model.1 (Deviation) to be made of nn's modules and of the functions conv1d, conv2d,",
    ],
    [
      'what the tape does not see',
      () => new Detached(),
      { inputShape },
      'ArgumentError',
      'a constant that depends on the data or on the size of the batch',
    ],
    [
      'a choice by data',
      () => new Branching(),
      { inputShape },
      'ArgumentError',
      'to do the same for every input',
    ],
    [
      'the size of a batch that changes',
      () => new Batched(),
      { inputShape, dynamicBatch: true },
      'ArgumentError',
      'a constant that depends on the data or on the size of the batch',
    ],
    [
      'no model',
      () => 1 as never,
      { inputShape },
      'ArgumentError',
      '[exportOnnx] expected model to be a Module but received 1',
    ],
    [
      'no options',
      linear,
      undefined as never,
      'ArgumentError',
      'options to be an object with inputShape but received undefined',
    ],
    [
      'no shape',
      linear,
      {},
      'ArgumentError',
      'inputShape to be an array of integers >= 1 but received undefined',
    ],
    [
      'empty batch',
      linear,
      { inputShape: [0, 4] },
      'ArgumentRangeError',
      'inputShape[0] to be an integer >= 1 but received 0',
    ],
    ['wrong shape', linear, { inputShape: [2, 5] }, 'ShapeError', '[linear]'],
    [
      'unbatched image',
      () => new nn.Conv2d(1, 2, 3),
      { inputShape: [1, 5, 5] },
      'ShapeError',
      'the input of the model to have 4 dimensions, as Conv wants it, but received [1, 5, 5]',
    ],
    [
      'opset',
      linear,
      { inputShape, opset: 27 },
      'ArgumentRangeError',
      'opset to be an integer from 13 to 26 but received 27',
    ],
    [
      'opset type',
      linear,
      { inputShape, opset: '21' },
      'ArgumentError',
      'opset to be an integer but received "21"',
    ],
    [
      'names',
      linear,
      { inputShape, inputNames: ['a', 'b'] },
      'ArgumentError',
      'inputNames to be an array of one name but received ["a", "b"]',
    ],
    [
      'the same name',
      linear,
      { inputShape, inputNames: ['output'] },
      'ArgumentRangeError',
      'outputNames to be other than inputNames',
    ],
    [
      'batch of a scalar',
      () => new nn.ReLU(),
      { inputShape: [], dynamicBatch: true },
      'ArgumentRangeError',
      'inputShape to be one with a batch dimension',
    ],
    [
      'flag',
      linear,
      { inputShape, dynamicBatch: 1 },
      'ArgumentError',
      'dynamicBatch to be true or false but received 1',
    ],
    ['path', linear, { inputShape, path: '' }, 'ArgumentError', 'path to be a path but received ""'],
  ])('%s', async (_, make, options, name, text) => {
    const error = expect.objectContaining({ name, message: expect.stringContaining(text) });
    await expect(exportOnnx(make(), options as never)).rejects.toThrow(error);
  });
});
