/** Files made to do harm: a typed error for each, quickly, in little memory, before onnxruntime sees them. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FileError, nn } from '@org/lr-native';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { InferenceModel, OnnxRuntimeError, exportOnnx, importOnnx } from '../src/index.ts';
import { ModelProtoSchema } from '../src/proto/onnx_pb.ts';
import type { ModelProto } from '../src/proto/onnx_pb.ts';
import { readModel } from '../src/read-model.ts';

let valid: Uint8Array;
beforeAll(async () => {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 2, 3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(8, 3),
  );
  valid = await exportOnnx(model, { inputShape: [1, 1, 4, 4], dynamicBatch: true });
});

/** The error of both readers, which must be the same but for their names. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const reasons = await Promise.all(
    [importOnnx, InferenceModel.load].map(async (read) => {
      const error = await (read as (bytes: Uint8Array) => Promise<unknown>)(bytes).catch(
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(FileError);
      return (error as Error).message.replace(/^\[[^\]]*\] expected the given bytes to /, '');
    }),
  );
  expect(reasons[0]).toBe(reasons[1]);
  return reasons[0]!;
}

const edited = (edit: (proto: ModelProto) => void): Uint8Array => {
  const proto = fromBinary(ModelProtoSchema, valid);
  edit(proto);
  return toBinary(ModelProtoSchema, proto);
};
const empty = (init: object): ModelProto => create(ModelProtoSchema, init);

describe('every value is made once, before it is read', () => {
  const relu = (input: string, output: string, more: object = {}) => ({
    opType: 'Relu',
    name: output,
    input: [input],
    output: [output],
    ...more,
  });
  test.each<[string, (proto: ModelProto) => void, string]>([
    [
      'cycle',
      ({ graph }) => (graph!.node[0]!.input[0] = graph!.node[1]!.output[0]!),
      'make every value before it is read but received "1/Relu_output" read by the Conv node "0/Conv"',
    ],
    [
      'a node that reads itself',
      ({ graph }) => (graph!.node[1]!.input[0] = graph!.node[1]!.output[0]!),
      'read by the Relu node "1/Relu"',
    ],
    ['missing weight', ({ graph }) => graph!.initializer.splice(0, 1), '"0.weight" read by the Conv node'],
    [
      'output nobody makes',
      ({ graph }) => (graph!.output[0]!.name = 'none'),
      'make every output but received none that makes "none"',
    ],
    [
      'made twice',
      ({ graph }) => (graph!.node[1]!.output[0] = graph!.node[0]!.output[0]!),
      'make every value once but received "0/Conv_output" made again by the Relu node',
    ],
    ['weight made again', ({ graph }) => (graph!.node[0]!.output[0] = '0.weight'), 'make every value once'],
    [
      'two inputs of one name',
      ({ graph }) => graph!.input.push(graph!.input[0]!),
      'have inputs of different names but received "input" twice',
    ],
    ['no graph', (proto) => (proto.graph = undefined), 'have a graph but received none'],
    [
      'cycle in a subgraph',
      ({ graph }) => {
        const g = { node: [relu('b', 'a'), relu('a', 'b')], output: [{ name: 'b' }] };
        graph!.node[1]!.attribute = empty({
          graph: { node: [{ attribute: [{ name: 'body', type: 5, g }] }] },
        }).graph!.node[0]!.attribute;
      },
      '"b" read by the Relu node "a"',
    ],
  ])('%s', async (_, edit, message) => {
    expect(await refusal(edited(edit))).toContain(message);
  });

  test('a subgraph may read what is around it', () => {
    const g = { node: [relu('input', 'inner')], output: [{ name: 'inner' }] };
    const node = [{ opType: 'If', output: ['y'], attribute: [{ name: 'then_branch', type: 5, g }] }];
    const graph = { input: [{ name: 'input' }], node, output: [{ name: 'y' }] };
    expect(readModel('test', toBinary(ModelProtoSchema, empty({ graph }))).external).toBe(false);
  });

  const calls = (name: string, ...callees: string[]) => ({
    name,
    domain: 'd',
    node: callees.map((opType) => ({ opType, domain: 'd' })),
  });
  test.each<[string, object[], string]>([
    ['calls itself', [calls('a', 'a')], 'call functions at most 64 deep'],
    ['call each other', [calls('a', 'b'), calls('b', 'a')], 'call functions at most 64 deep'],
    [
      'double thirty times',
      Array.from({ length: 30 }, (_, i) => calls(`f${i}`, `f${i + 1}`, `f${i + 1}`)),
      'have at most 1000000 nodes, functions expanded,',
    ],
  ])('functions that %s', async (_, functions, message) => {
    const more = empty({ functions }).functions;
    expect(await refusal(edited((proto) => (proto.functions = more)))).toContain(message);
  });
});

describe('tensors have the data that their shapes ask for', () => {
  const weight = (edit: (tensor: NonNullable<ModelProto['graph']>['initializer'][number]) => void) =>
    edited(({ graph }) => edit(graph!.initializer[0]!));
  test.each<[string, () => Uint8Array, string]>([
    [
      'huge dimension',
      () => weight((t) => (t.dims = [2n ** 62n])),
      'have tensors of real sizes but received the tensor "0.weight" of [4611686018427387904]',
    ],
    [
      'dimensions that overflow 64 bits',
      () => weight((t) => (t.dims = [2n ** 32n, 2n ** 32n])),
      'have tensors of real sizes',
    ],
    [
      'large dimension',
      () => weight((t) => (t.dims = [2n ** 40n])),
      'have 4398046511104 bytes for the tensor "0.weight" of [1099511627776] but received 72',
    ],
    ['negative dimension', () => weight((t) => (t.dims = [-2n, -9n])), 'have tensors of real sizes'],
    [
      'too little',
      () => weight((t) => (t.rawData = t.rawData.subarray(1))),
      'have 72 bytes for the tensor "0.weight" of [2, 1, 3, 3] but received 71',
    ],
    [
      'no data',
      () => weight((t) => (t.rawData = new Uint8Array(0))),
      'have 18 values for the tensor "0.weight" of [2, 1, 3, 3] but received 0',
    ],
    ['element type', () => weight((t) => (t.dataType = 99)), 'have known element types but received type 99'],
    [
      'huge input',
      () =>
        edited(({ graph }) =>
          graph!.input.splice(
            0,
            1,
            empty({
              graph: {
                input: [
                  {
                    name: 'input',
                    type: {
                      value: {
                        case: 'tensorType',
                        value: {
                          elemType: 1,
                          shape: {
                            dim: [1, 2].map(() => ({ value: { case: 'dimValue', value: 2n ** 40n } })),
                          },
                        },
                      },
                    },
                  },
                ],
              },
            }).graph!.input[0]!,
          ),
        ),
      'have tensors of real sizes but received the tensor "input"',
    ],
    [
      'huge sparse tensor',
      () =>
        edited(({ graph }) =>
          graph!.sparseInitializer.push(
            ...empty({ graph: { sparseInitializer: [{ dims: [2n ** 62n] }] } }).graph!.sparseInitializer,
          ),
        ),
      'have tensors of real sizes',
    ],
    [
      'huge attribute',
      () =>
        edited(({ graph }) =>
          graph!.node[1]!.attribute.push(
            ...empty({
              graph: {
                node: [{ attribute: [{ name: 'value', type: 4, t: { dims: [2n ** 40n], dataType: 1 } }] }],
              },
            }).graph!.node[0]!.attribute,
          ),
        ),
      'have 1099511627776 values',
    ],
  ])('%s', async (_, make, message) => {
    expect(await refusal(make())).toContain(message);
  });
});

describe('bytes', () => {
  /** `depth` messages in one another, in field 7 of the model (graph), 1 (node), 5 (attribute), 6 (graph) … */
  const nested = (depth: number): Uint8Array => {
    let bytes = new Uint8Array(0);
    for (let i = 0; i < depth; i++)
      bytes = new BinaryWriter()
        .tag([6, 5, 1][i % 3]!, WireType.LengthDelimited)
        .bytes(bytes)
        .finish() as never;
    return new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(bytes).finish();
  };
  const graph = (...parts: number[]): Uint8Array => Uint8Array.of(0x3a, parts.length, ...parts);
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'nothing in it'],
    ['text', new TextEncoder().encode('<!doctype html>'), 'the tag'],
    ['zeros', new Uint8Array(100), 'the tag 0 at byte 0'],
    ['length beyond the end', Uint8Array.of(0x3a, 5, 0), 'a length of 5 at byte 2, where 1 remain'],
    ['length beyond its message', graph(0x0a, 2), 'a length of 2 at byte 4, where 0 remain'],
    ['length of 4 GiB', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f), 'a length of 4294967295'],
    ['length of 64 bits', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), 'the number'],
    [
      'number without end',
      Uint8Array.of(8, ...Array<number>(11).fill(0x80), 1),
      'a number without end at byte 1',
    ],
    ['number cut off', Uint8Array.of(8, 0x80), 'a number without end at byte 1'],
    ['a group', Uint8Array.of(0x0b, 0x0c), 'the tag 11 at byte 0'],
    [
      'number in the place of a graph',
      Uint8Array.of(0x38, 1),
      'ModelProto.graph in the wrong form at byte 0',
    ],
    ['two graphs', Uint8Array.of(0x3a, 0, 0x3a, 0), 'ModelProto.graph twice, at byte 2'],
    [
      'floats that are not whole',
      graph(0x0a, 7, 0x2a, 5, 0x3a, 3, 0, 0, 0),
      'a list of 3 bytes at byte 8 that is not whole',
    ],
    ['messages nearly a thousand deep', nested(999), 'messages nested deeper than 64'],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toContain(message);
  });

  test('every beginning of a file is refused', async () => {
    // A file is its fields one after another, so a few of its beginnings are files; they lack the graph or the version.
    for (let length = 0; length < valid.length; length++) {
      const error = await importOnnx(valid.subarray(0, length)).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(FileError);
    }
  });

  /** 16 MB that decode to as many objects as they can. */
  test.each<[string, (size: number) => Uint8Array]>([
    ['empty nodes', (size) => repeat(Uint8Array.of(0x0a, 0), size)],
    ['empty inputs of a node', (size) => inside(0x0a, repeat(Uint8Array.of(0x0a, 0), size))],
    ['dimensions of a tensor', (size) => inside(0x2a, inside(0x0a, new Uint8Array(size)))],
    ['numbers of an attribute', (size) => inside(0x0a, inside(0x2a, inside(0x42, new Uint8Array(size))))],
    ['strings of a tensor', (size) => inside(0x2a, repeat(Uint8Array.of(0x32, 0), size))],
  ])('16 MB of %s take no memory and no time', async (_, make) => {
    const bytes = inside(0x3a, make(1 << 24));
    const started = process.cpuUsage();
    const before = process.memoryUsage();
    await expect(InferenceModel.load(bytes)).rejects.toThrow('more parts than a file of');
    const after = process.memoryUsage();
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(1);
    expect(after.rss - before.rss).toBeLessThan(4 * bytes.length);
  });
  const repeat = (part: Uint8Array, size: number): Uint8Array => Buffer.alloc(size, part);
  const inside = (tag: number, content: Uint8Array): Uint8Array =>
    new BinaryWriter().uint32(tag).bytes(content).finish();
});

test.each([
  ['Gemm', 'Gemm'],
  ['Transpose', 'Transpose'],
])('a thousand %s nodes that share a weight of 1 MB are not imported', async (_, opType) => {
  const bytes = edited(({ graph }) => {
    graph!.initializer[2]!.dims = [512n, 512n];
    graph!.initializer[2]!.rawData = new Uint8Array(1 << 20);
    const node = Array.from({ length: 1000 }, (_, i) => ({
      opType,
      input: opType === 'Gemm' ? [`x${i}`, '3.weight'] : ['3.weight'],
      output: [`x${i + 1}`],
    }));
    graph!.node = empty({ graph: { node } }).graph!.node;
    graph!.input[0]!.name = 'x0';
    graph!.output[0]!.name = 'x1000';
  });
  const before = process.memoryUsage().rss;
  await expect(importOnnx(bytes)).rejects.toThrow('share weights among few nodes');
  expect(process.memoryUsage().rss - before).toBeLessThan(4 * bytes.length + (1 << 24));
});

describe('10,000 files with a few bytes changed', () => {
  const place = fc.nat(1e6);
  const flip = fc.record({
    at: place,
    remove: fc.constant(1),
    insert: fc.uint8Array({ minLength: 1, maxLength: 1 }),
  });
  const splice = fc.record({ at: place, remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 6 }) });
  const changes = fc.oneof(
    fc.array(flip, { minLength: 1, maxLength: 2 }),
    fc.array(fc.oneof(flip, splice), { minLength: 1, maxLength: 3 }),
  );

  test('load or are refused with a typed error', { timeout: 120_000 }, async () => {
    let loaded = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(changes, async (edits) => {
        let bytes = valid;
        for (const { at, remove, insert } of edits) {
          const start = at % bytes.length;
          bytes = Uint8Array.from([
            ...bytes.subarray(0, start),
            ...insert,
            ...bytes.subarray(start + remove),
          ]);
        }
        try {
          const model = await InferenceModel.load(bytes, { intraOpNumThreads: 1 });
          await model.close();
          loaded += 1;
        } catch (error) {
          if (!(error instanceof FileError || error instanceof OnnxRuntimeError)) throw error;
          refused += 1;
        }
      }),
      { numRuns: 10_000 },
    );
    expect(loaded).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(1000);
  });
});
