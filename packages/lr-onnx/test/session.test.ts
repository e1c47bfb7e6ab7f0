import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { nn, tensor } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InferenceModel, exportOnnx, importOnnx, runtimeInfo } from '../src/index.ts';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
} from '../src/proto/onnx_pb.ts';
import { cnn, input } from './models.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lr-onnx-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const inputShape = [2, 1, 14, 14];

describe('InferenceModel', () => {
  test('loads paths and bytes, says what goes in and out', async () => {
    const path = join(dir, 'model.onnx');
    const bytes = await exportOnnx(cnn(), { inputShape, path, dynamicBatch: true });
    for (const given of [path, bytes, Buffer.from(bytes)]) {
      const model = await InferenceModel.load(given, { intraOpNumThreads: 1, executionProviders: ['cpu'] });
      expect(model.inputs).toEqual([{ name: 'input', type: 'float32', shape: ['batch', 1, 14, 14] }]);
      expect(model.outputs).toEqual([{ name: 'output', type: 'float32', shape: ['batch', 10] }]);
      await model.close();
    }
  });

  test('results outlive the model and later runs', async () => {
    const model = await InferenceModel.load(await exportOnnx(cnn(), { inputShape, dynamicBatch: true }));
    const hash = ({ data }: Tensor): string => createHash('sha256').update(data).digest('hex');
    const first = await model.run(input(inputShape));
    const before = hash(first);
    for (let i = 0; i < 50; i++) await model.run(input([32, 1, 14, 14], i));
    await model.close();
    expect(hash(first)).toBe(before);
  });

  test('runs that overlap, and close while they run', async () => {
    const model = await InferenceModel.load(await exportOnnx(cnn(), { inputShape }));
    const runs = [1, 2, 3, 4].map((seed) => model.run(input(inputShape, seed)));
    const closed = model.close();
    const again = model.close();
    expect((await Promise.all(runs)).map(({ shape }) => shape)).toEqual(Array(4).fill([2, 10]));
    await Promise.all([closed, again]);
    await expect(model.run(input(inputShape))).rejects.toThrow('[InferenceModel.run] the model is closed');
  });

  describe('what does not fit the model is refused before it runs', () => {
    const x = input(inputShape);
    const { data } = x;
    test.each<[string, unknown, string, string]>([
      [
        'nothing',
        undefined,
        'ArgumentError',
        '[InferenceModel.run] expected input.data to be a Float32Array but received undefined',
      ],
      [
        'type',
        { data: new Float64Array(392), shape: inputShape },
        'ArgumentError',
        'received Float64Array(392)',
      ],
      [
        'no shape',
        { data },
        'ArgumentError',
        'expected input.shape to be an array of integers >= 0 but received undefined',
      ],
      [
        'dimensions',
        { data, shape: [2, 196] },
        'ShapeError',
        'expected input.shape to be [2, 1, 14, 14] but received [2, 196]',
      ],
      [
        'size',
        input([1, 1, 14, 14]),
        'ShapeError',
        'expected input.shape to be [2, 1, 14, 14] but received [1, 1, 14, 14]',
      ],
      [
        'too little',
        { data: new Float32Array(3), shape: inputShape },
        'ShapeError',
        'input.data to be of 392 elements, as its shape says, but received Float32Array(3)',
      ],
    ])('%s', async (_, given, name, message) => {
      const model = await InferenceModel.load(await exportOnnx(cnn(), { inputShape }));
      await expect(model.run(given as Tensor)).rejects.toThrow(
        expect.objectContaining({ name, message: expect.stringContaining(message) }),
      );
      expect((await model.run(x)).shape).toEqual([2, 10]);
      await model.close();
    });
  });

  test.each<[string, unknown, object, string, string]>([
    [
      'model',
      1,
      {},
      'ArgumentError',
      '[InferenceModel.load] expected the model to be a path or a Uint8Array but received 1',
    ],
    [
      'missing file',
      '/nowhere/model.onnx',
      {},
      'FileError',
      '[InferenceModel.load] expected /nowhere/model.onnx to be a readable file but received ENOENT',
    ],
    [
      'folder',
      tmpdir(),
      {},
      'FileError',
      `expected ${tmpdir()} to be a regular file but received a directory`,
    ],
    [
      'threads',
      new Uint8Array(1),
      { intraOpNumThreads: 0 },
      'ArgumentRangeError',
      'intraOpNumThreads to be an integer >= 1 but received 0',
    ],
    [
      'provider',
      new Uint8Array(1),
      { executionProviders: 'cpu' },
      'ArgumentError',
      'executionProviders to be an array of names but received "cpu"',
    ],
  ])('bad argument: %s', async (_, given, options, name, message) => {
    await expect(InferenceModel.load(given as string, options)).rejects.toThrow(
      expect.objectContaining({ name, message: expect.stringContaining(message) }),
    );
  });

  test('a sound file that onnxruntime refuses', async () => {
    const proto = fromBinary(ModelProtoSchema, await exportOnnx(new nn.ReLU(), { inputShape: [2] }));
    proto.graph!.node[0]!.opType = 'NoSuchOperator';
    await expect(InferenceModel.load(toBinary(ModelProtoSchema, proto))).rejects.toThrow(
      expect.objectContaining({
        name: 'OnnxRuntimeError',
        message: expect.stringMatching(
          /^\[InferenceModel\.load\] expected onnxruntime to load the model but received: .*NoSuchOperator/,
        ),
      }),
    );
  });

  test('a provider that is not there', async () => {
    const bytes = await exportOnnx(new nn.ReLU(), { inputShape: [2] });
    await expect(InferenceModel.load(bytes, { executionProviders: ['no-such'] })).rejects.toThrow('no-such');
  });
});

/** Weights in a file beside the model. */
describe('external data', () => {
  const weights = Float32Array.of(1, 2, 3, 4, 5, 6);
  const bytes = Buffer.from(weights.buffer);

  /** A Linear whose weight lies where `entries` say, in `dir`/models/model.onnx. */
  async function externalModel(
    entries: Record<string, string>,
    location = TensorProto_DataLocation.EXTERNAL,
  ): Promise<string> {
    const proto = fromBinary(
      ModelProtoSchema,
      await exportOnnx(new nn.Linear(3, 2, { bias: false }), { inputShape: [1, 3] }),
    );
    const weight = proto.graph!.initializer[0]!;
    weight.rawData = new Uint8Array(0);
    weight.dataLocation = location;
    weight.externalData = Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    mkdirSync(join(dir, 'models', 'inner'), { recursive: true });
    const path = join(dir, 'models', 'model.onnx');
    writeFileSync(path, toBinary(ModelProtoSchema, proto));
    return path;
  }
  const x = tensor([1, 1, 1], { shape: [1, 3] });

  test.each([
    ['whole file', 'weights.bin', {}, bytes],
    [
      'part of a file in a folder',
      'inner/w.bin',
      { offset: '8', length: '24' },
      Buffer.concat([Buffer.alloc(8), bytes, Buffer.alloc(8)]),
    ],
  ])('%s: imported and run', async (_, location, entries, content) => {
    const path = await externalModel({ location, ...entries });
    writeFileSync(join(dir, 'models', location), content);
    expect((await importOnnx(path)).forward(x).toArray()).toEqual([[6, 15]]);
    const model = await InferenceModel.load(path);
    expect((await model.run(x)).toArray()).toEqual([[6, 15]]);
    await model.close();
  });

  const outside = 'have external data in its own folder';
  test.each<[string, Record<string, string>, () => void, string]>([
    ['parent folder', { location: '../secret.bin' }, () => {}, outside],
    ['through a folder', { location: 'inner/../../secret.bin' }, () => {}, outside],
    ['absolute', { location: '/etc/hostname' }, () => {}, outside],
    ['backslash', { location: '..\\secret.bin' }, () => {}, outside],
    ['zero byte', { location: 'weights.bin\0' }, () => {}, outside],
    ['the folder itself', { location: '.' }, () => {}, outside],
    ['no location', {}, () => {}, 'have external data'],
    [
      'link',
      { location: 'link.bin' },
      () => symlinkSync(join(dir, 'secret.bin'), join(dir, 'models', 'link.bin')),
      outside,
    ],
    [
      'linked folder',
      { location: 'link/secret.bin' },
      () => symlinkSync(dir, join(dir, 'models', 'link')),
      outside,
    ],
    [
      'missing',
      { location: 'none.bin' },
      () => {},
      'have external data in files that exist but received "none.bin" for the tensor "weight"',
    ],
    ['folder', { location: 'inner' }, () => {}, 'have external data in regular files'],
    [
      'too short',
      { location: 'short.bin' },
      () => writeFileSync(join(dir, 'models', 'short.bin'), bytes.subarray(1)),
      'have 24 bytes of external data for the tensor "weight" but received 24 at offset 0 of a file of 23',
    ],
    [
      'beyond the end',
      { location: 'w.bin', offset: '4' },
      () => writeFileSync(join(dir, 'models', 'w.bin'), bytes),
      'received 24 at offset 4 of a file of 24',
    ],
    [
      'another length',
      { location: 'w.bin', length: '20' },
      () => writeFileSync(join(dir, 'models', 'w.bin'), bytes),
      'received 20 at offset 0',
    ],
    [
      'negative',
      { location: 'w.bin', offset: '-4' },
      () => writeFileSync(join(dir, 'models', 'w.bin'), bytes),
      'a number of bytes as offset but received "-4"',
    ],
    [
      'not a number',
      { location: 'w.bin', length: '1e3' },
      () => writeFileSync(join(dir, 'models', 'w.bin'), bytes),
      'a number of bytes as length but received "1e3"',
    ],
  ])('refused: %s', async (_, entries, prepare, message) => {
    const path = await externalModel(entries);
    writeFileSync(join(dir, 'secret.bin'), bytes);
    prepare();
    for (const read of [importOnnx, InferenceModel.load] as ((path: string) => Promise<unknown>)[]) {
      await expect(read(path)).rejects.toThrow(
        expect.objectContaining({ name: 'FileError', message: expect.stringContaining(message) }),
      );
    }
  });

  test('refused where the model comes as bytes, or where only the entries say so', async () => {
    const path = await externalModel({ location: '../secret.bin' }, TensorProto_DataLocation.DEFAULT);
    writeFileSync(join(dir, 'secret.bin'), bytes);
    await expect(InferenceModel.load(path)).rejects.toThrow(outside);
    const proto = await exportOnnx(new nn.Linear(3, 2), { inputShape: [1, 3] });
    const decoded = fromBinary(ModelProtoSchema, proto);
    decoded.graph!.initializer[0]!.dataLocation = TensorProto_DataLocation.EXTERNAL;
    await expect(InferenceModel.load(toBinary(ModelProtoSchema, decoded))).rejects.toThrow(
      'have no external data',
    );
  });
});

test('runtimeInfo says what there is', () => {
  const { version, executionProviders } = runtimeInfo();
  expect(version).toMatch(/^1\.\d+\.\d+/);
  expect(executionProviders).toContain('cpu');
});
