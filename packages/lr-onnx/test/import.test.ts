import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { defaultGenerator, manualSeed, nn, tensor } from '@org/lr-native';
import { describe, expect, test } from 'vitest';
import { InferenceModel, OnnxGraph, Reshape, exportOnnx, importOnnx } from '../src/index.ts';
import { float, int, ints, text } from '../src/graph-builder.ts';
import { AttributeProtoSchema, ModelProtoSchema, NodeProtoSchema } from '../src/proto/onnx_pb.ts';
import type { GraphProto } from '../src/proto/onnx_pb.ts';
import { makeTensor } from '../src/tensor-data.ts';
import { bounds, cnn, excess, input } from './models.ts';

interface Expected {
  x: number[];
  shape: number[];
  y: number[];
  yShape: number[];
}
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const torch = JSON.parse(readFileSync(fixture('torch-models.json'), 'utf8')) as Record<string, Expected>;

describe.each(['cnn', 'linear', 'view'])('torch.onnx.export: %s', (name) => {
  const { x, shape, y, yShape } = torch[name]!;

  test('imported, it computes what PyTorch computed', async () => {
    const model = await importOnnx(fixture(`torch-${name}.onnx`));
    const given = tensor(x, { shape: [shape.reduce((a, b) => a * b, 1)] }).reshape(shape);
    const actual = model.forward(given);
    expect(actual.shape).toEqual(yShape);
    expect(excess(actual.data, y, bounds(model, given))).toBeLessThanOrEqual(1);
  });

  test('run by onnxruntime, it computes what PyTorch computed', async () => {
    const session = await InferenceModel.load(fixture(`torch-${name}.onnx`));
    const given = { data: Float32Array.from(x), shape };
    const actual = await session.run(given);
    await session.close();
    const model = await importOnnx(fixture(`torch-${name}.onnx`));
    expect(actual.shape).toEqual(yShape);
    expect(excess(actual.data, y, bounds(model, tensor(given.data, { shape })))).toBeLessThanOrEqual(1);
  });
});

test('an imported model trains', async () => {
  const model = await importOnnx(await exportOnnx(cnn(), { inputShape: [1, 1, 14, 14] }));
  expect(model.namedParameters().map(([name]) => name)).toEqual(
    cnn()
      .namedParameters()
      .map(([name]) => name),
  );
  const y = model.forward(input([2, 1, 14, 14]));
  y.backward(tensor(new Float32Array(20).fill(1), { shape: [2, 10] }));
  expect(model.parameters().every(({ grad, requiresGrad }) => requiresGrad && grad !== null)).toBe(true);
});

test('the weights are copies, and random numbers go on as if nothing had been made', async () => {
  const bytes = await exportOnnx(cnn(), { inputShape: [1, 1, 14, 14] });
  manualSeed(3);
  const next = defaultGenerator.getState();
  const model = await importOnnx(bytes);
  expect(defaultGenerator.getState()).toEqual(next);
  const before = bytes.slice();
  for (const parameter of model.parameters()) parameter.data.fill(0);
  expect(bytes).toEqual(before);
});

test('Reshape refuses bad sizes', () => {
  expect(() => new Reshape([-1, -1])).toThrow('[Reshape] expected sizes to be integers with at most one -1');
  expect(() => new Reshape([0.5])).toThrow(
    '[Reshape] expected sizes[0] to be an integer >= -1 but received 0.5',
  );
});

/** A Conv → Relu → Flatten → Gemm model, changed by `edit`. */
async function edited(edit: (graph: GraphProto) => void): Promise<Uint8Array> {
  manualSeed(5);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 2, 3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(8, 3),
  );
  const proto = fromBinary(ModelProtoSchema, await exportOnnx(model, { inputShape: [1, 1, 4, 4] }));
  edit(proto.graph!);
  return toBinary(ModelProtoSchema, proto);
}

type Attributes = Parameters<typeof setAttributes>[2];
function setAttributes(
  graph: GraphProto,
  node: number,
  attributes: Record<string, ReturnType<typeof int>>,
): void {
  const made = Object.entries(attributes).map(([name, value]) =>
    create(AttributeProtoSchema, { name, ...value }),
  );
  const kept = graph.node[node]!.attribute.filter(({ name }) => !(name in attributes));
  graph.node[node]!.attribute = [...kept, ...made];
}

test('float data, transposed weights and attributes left at their defaults are read too', async () => {
  const bytes = await edited((graph) => {
    for (const weight of graph.initializer) {
      weight.floatData = weight.rawData;
      weight.rawData = new Uint8Array(0);
    }
    const gemm = graph.initializer[2]!;
    const [rows, columns] = gemm.dims.map(Number) as [number, number];
    const values = new Float32Array(gemm.floatData.slice().buffer);
    const swapped = values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
    gemm.floatData = new Uint8Array(swapped.buffer);
    gemm.dims.reverse();
    graph.node[0]!.attribute = [];
    graph.node[3]!.attribute = [];
    setAttributes(graph, 3, { alpha: float(1), transA: int(0) });
  });
  const original = await importOnnx(await edited(() => {}));
  const model = await importOnnx(bytes);
  expect(model.parameters().map(({ shape }) => shape)).toEqual(
    original.parameters().map(({ shape }) => shape),
  );
  expect(model.parameters()[0]!.data.length).toBe(18);
});

test('a graph with two readers of one value, an unused node and constants of both kinds', async () => {
  const bytes = await edited((graph) => {
    const [conv, relu] = graph.node as [GraphProto['node'][number], GraphProto['node'][number]];
    const node = (opType: string, inputs: string[], output: string, attribute: object[] = []) =>
      create(NodeProtoSchema, { opType, name: output, input: inputs, output: [output], attribute });
    const t = makeTensor('', [], Float32Array.of(0.5));
    graph.initializer.push(makeTensor('gain', [2, 1, 1], Float32Array.of(2, 3)));
    graph.node = [
      conv,
      relu,
      node('Constant', [], 'half', [{ name: 'value', type: 4, t }]),
      node('Mul', [conv.output[0]!, 'half'], 'halved'),
      node('Mul', ['gain', relu.output[0]!], 'gained'),
      node('Relu', ['gained'], 'unused'),
      node('Sub', ['gained', 'halved'], 'output'),
    ];
  });
  const model = await importOnnx(bytes);
  expect(model).toBeInstanceOf(OnnxGraph);
  expect(model.namedParameters().map(([name]) => name)).toEqual(['weight_0', '0.weight', '0.bias']);
  expect(model.namedBuffers().map(([name]) => name)).toEqual(['weight_1']);
  const x = input([1, 1, 4, 4]);
  const session = await InferenceModel.load(bytes);
  // The declared output is another; onnxruntime goes by what it infers.
  const expected = await session.run(x);
  await session.close();
  const conv = model.children()[0]!;
  const y = model.forward(x);
  expect(y.shape).toEqual([1, 2, 2, 2]);
  const { fround, max } = Math;
  const exact = conv
    .forward(x)
    .data.map((value, i) => fround(fround(max(value, 0) * (i < 4 ? 2 : 3)) - fround(value * 0.5)));
  expect(y.data).toEqual(exact);
  // What the convolution may differ by, times 3 and times 0.5.
  const bound = bounds(conv, x).map((limit) => 3.5 * limit);
  expect(excess(expected.data, y.data, bound)).toBeLessThanOrEqual(1);
});

describe('what is not supported is named', () => {
  const attribute = (node: number, attributes: Attributes) => (graph: GraphProto) =>
    setAttributes(graph, node, attributes);
  test.each<[string, (graph: GraphProto) => void, string]>([
    ['operator', (g) => (g.node[1]!.opType = 'Hardmax'), 'expected the given bytes to use Conv, Relu,'],
    ['operator, named', (g) => (g.node[1]!.opType = 'Hardmax'), 'received Hardmax "1/Relu"'],
    [
      'domain',
      (g) => (g.node[1]!.domain = 'com.microsoft'),
      'use ONNX operators only but received one of "com.microsoft": Relu "1/Relu"',
    ],
    [
      'unknown attribute',
      attribute(1, { slope: float(1) }),
      'have operators with known attributes but received "slope" at Relu "1/Relu"',
    ],
    [
      'attribute of another type',
      attribute(0, { group: float(1) }),
      'have a INT as group but received FLOAT',
    ],
    [
      'uneven pads',
      attribute(0, { pads: ints([0, 0, 1, 0]) }),
      'have the same padding on both sides but received pads [0, 0, 1, 0] at Conv "0/Conv"',
    ],
    [
      'auto_pad',
      attribute(0, { auto_pad: text('SAME_LOWER') }),
      'have a known auto_pad but received SAME_LOWER',
    ],
    [
      'huge size',
      attribute(0, { strides: { type: 7, ints: [2n ** 40n, 1n] } }),
      'have a real size as "strides" but received 1099511627776',
    ],
    ['kernel', attribute(0, { kernel_shape: ints([3, 5]) }), 'have the kernel [3,5] but received [3,3]'],
    ['alpha', attribute(3, { alpha: float(0.5) }), 'have 1 as alpha but received 0.5'],
    ['transA', attribute(3, { transA: int(1) }), 'have 0 as transA but received 1'],
    ['axis', attribute(2, { axis: int(2) }), 'have 1 as axis but received 2'],
    [
      'weight from the graph',
      (g) => (g.node[3]!.input[1] = g.node[2]!.output[0]!),
      'read one value but received ["2/Flatten_output", "2/Flatten_output"] at Gemm "3/Gemm"',
    ],
    [
      'no weight',
      (g) => g.node[3]!.input.splice(1),
      'have constant weights but received none at Gemm "3/Gemm"',
    ],
    [
      'weight of other dimensions',
      (g) => (g.initializer[0]!.dims = [2n, 9n]),
      'have 4 dimensions in "0.weight" but received [2, 9]',
    ],
    [
      'bias of another length',
      (g) => g.initializer.splice(1, 1, makeTensor('0.bias', [3], new Float32Array(3))),
      'have a weight of [2] but received [3]',
    ],
    [
      'weights of another type',
      (g) => g.initializer.splice(1, 1, makeTensor('0.bias', [2], new BigInt64Array(2))),
      'have float32 weights but received INT64 for the tensor "0.bias"',
    ],
    [
      'two outputs',
      (g) => g.output.push({ ...g.output[0]!, name: '0/Conv_output' }),
      'have one output but received ["output", "0/Conv_output"]',
    ],
    [
      'two inputs',
      (g) => g.input.push({ ...g.input[0]!, name: 'more' }),
      'have one input but received ["input", "more"]',
    ],
  ])('%s', async (_, edit, message) => {
    await expect(importOnnx(await edited(edit))).rejects.toThrow(
      expect.objectContaining({ name: 'FileError', message: expect.stringContaining(message) }),
    );
  });

  test.each([0n, 27n])('operator set %s', async (version) => {
    const proto = fromBinary(ModelProtoSchema, await edited(() => {}));
    proto.opsetImport[0]!.version = version;
    await expect(importOnnx(toBinary(ModelProtoSchema, proto))).rejects.toThrow(
      `use an operator set up to 26 but received ${version}`,
    );
  });

  test('an operator set from before the meaning that is read', async () => {
    const proto = fromBinary(ModelProtoSchema, await edited(() => {}));
    proto.opsetImport[0]!.version = 10n;
    await expect(importOnnx(toBinary(ModelProtoSchema, proto))).rejects.toThrow(
      'use an operator set >= 11 for Gemm "3/Gemm" but received 10',
    );
  });
});
