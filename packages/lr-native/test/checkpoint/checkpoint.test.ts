/** What a checkpoint holds, and what is refused. Writing in a thread is test/checkpoint.test.ts's, across packages. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@org/lr-core';
import type { Optimizer } from '@org/lr-core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import { snapshot, type CheckpointContents } from '../../src/checkpoint/checkpoint.ts';
import { nodeFiles } from '../../src/checkpoint/file-operations.ts';
import { writeCheckpoint } from '../../src/checkpoint/folder.ts';
import {
  CheckpointMismatchError,
  DataLoader,
  F,
  FileError,
  Generator,
  Tensor,
  TensorDataset,
  cleanCheckpoints,
  loadCheckpoint,
  loadOptimizer,
  manualSeed,
  nn,
  randn,
  saveOptimizer,
  tensor,
} from '../../src/index.ts';

const root = mkdtempSync(join(tmpdir(), 'lr-checkpoint-'));
const folder = join(root, 'run');
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => rmSync(folder, { recursive: true, force: true }));

const save = (contents: CheckpointContents, options = {}): string =>
  writeCheckpoint(nodeFiles, snapshot(folder, contents, options)).path;

class Net extends nn.Module {
  fc = new nn.Linear(4, 8);
  norm = new nn.BatchNorm1d(8);
  dropout = new nn.Dropout(0.5);
  out: nn.Linear;
  constructor(outputs = 3) {
    super();
    this.out = new nn.Linear(8, outputs);
  }
  forward(x: Tensor): Tensor {
    return this.out.forward(this.dropout.forward(F.relu(this.norm.forward(this.fc.forward(x)))));
  }
}

type Make = (params: Iterable<[string, nn.Parameter]>) => Optimizer;
const makers: Record<string, Make> = {
  SGD: (params) => new core.SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true }),
  'SGD before its first step has momentum': (params) => new core.SGD(params, { lr: 0.1 }),
  Adam: (params) => new core.Adam(params, { lr: 0.01, amsgrad: true }),
  AdamW: (params) => new core.AdamW(params, { lr: 0.01 }),
  NAdam: (params) => new core.NAdam(params, {}),
  Adamax: (params) => new core.Adamax(params, {}),
  Adagrad: (params) => new core.Adagrad(params, { lr: 0.01 }),
  Adadelta: (params) => new core.Adadelta(params, {}),
  RMSprop: (params) => new core.RMSprop(params, { lr: 0.01, centered: true, momentum: 0.5 }),
  Rprop: (params) => new core.Rprop(params, {}),
  ASGD: (params) => new core.ASGD(params, {}),
  Adafactor: (params) => new core.Adafactor(params, {}),
  LBFGS: (params) => new core.LBFGS(params, { lr: 0.1, maxIter: 3 }),
};
const optimizers = Object.entries(makers);

/** A run with every part that has state. */
function makeRun(
  make: Make,
  seed: number,
): { contents: CheckpointContents; epoch: (afterStep?: (step: number) => void) => string[] } {
  manualSeed(seed);
  const model = new Net();
  const optimizer = make(model.namedParameters());
  const scheduler = new core.CosineAnnealingLR(optimizer, { tMax: 10 });
  const own = new Generator(seed);
  const data = new TensorDataset(randn([22, 4]), tensor(Int32Array.from({ length: 22 }, (_, i) => i % 3)));
  const loader = new DataLoader(data, { batchSize: 5, shuffle: true, generator: own });
  const noise = new Generator(seed + 1);
  const progress = { step: 0, epoch: 0 };
  const epoch = (afterStep: (step: number) => void = () => {}): string[] => {
    const seen: string[] = [];
    for (const [x, target] of loader) {
      const closure = (): number => {
        optimizer.zeroGrad();
        const loss = F.crossEntropy(model.forward(x.add(noise.random() * 1e-10)), target);
        loss.backward();
        return loss.item();
      };
      const loss = optimizer.step(closure)!;
      scheduler.step();
      progress.step++;
      seen.push(`${loss} ${sha256(model.fc.weight.data)}`);
      afterStep(seen.length);
    }
    return seen;
  };
  return { contents: { model, optimizer, scheduler, loader, generators: { noise }, progress }, epoch };
}

describe('a run that goes on from a checkpoint', () => {
  it.each(optimizers)('takes the same steps: %s', (_, make) => {
    const { contents, epoch } = makeRun(make, 5);
    epoch();
    const second = epoch((step) => {
      if (step === 2) save(contents);
    });
    const expected = [...second.slice(2), ...epoch()];
    // The data is of the seed, all else is of another one.
    const other = makeRun(make, 5);
    manualSeed(99);
    other.contents.model!.loadStateDict(new Net().stateDict());
    const loaded = loadCheckpoint(folder, other.contents)!;
    expect(loaded).toMatchObject({ step: 7, progress: { step: 7, epoch: 0 }, skipped: [] });
    expect([...other.epoch(), ...other.epoch()]).toEqual(expected);
    expect(expected).toHaveLength(8);
  });

  it('has numbers that JSON has not, tensors of its own, and metrics', () => {
    const weights = tensor([1, -0, NaN]);
    const progress = {
      step: 3,
      best: Infinity,
      worst: -Infinity,
      zero: -0,
      nothing: NaN,
      list: [null, true, '$'],
    };
    save({ progress, metrics: { loss: NaN, accuracy: 0.5 }, tensors: { weights } });
    const loaded = loadCheckpoint(folder)!;
    expect(loaded.progress).toEqual(progress);
    expect(Object.is(loaded.progress['zero'], -0)).toBe(true);
    expect(loaded.metrics).toEqual({ loss: NaN, accuracy: 0.5 });
    expect(loaded.tensors['weights']!.data).toEqual(weights.data);
  });

  it('is undefined where there is none', () => {
    expect(loadCheckpoint(folder)).toBeUndefined();
    mkdirSync(folder);
    writeFileSync(join(folder, 'notes.txt'), '');
    expect(loadCheckpoint(folder)).toBeUndefined();
  });
});

describe('the newest valid checkpoint', () => {
  const parts = (step: number): CheckpointContents => ({ model: new nn.Linear(2, 2), progress: { step } });
  const damage: [string, RegExp, (path: string) => void][] = [
    ['a byte of the weights', /SHA-256/, (path) => flip(join(path, 'model.safetensors'), -1)],
    ['a byte of the header', /model\.safetensors/, (path) => flip(join(path, 'model.safetensors'), 12)],
    ['a byte of the state', /state\.json/, (path) => flip(join(path, 'state.json'), 3)],
    [
      'a byte more',
      /have \d+ bytes but received/,
      (path) => appendFileSync(join(path, 'model.safetensors'), 'x'),
    ],
    ['no weights', /readable file/, (path) => rmSync(join(path, 'model.safetensors'))],
    ['no manifest', /manifest\.json to be a readable file/, (path) => rmSync(join(path, 'manifest.json'))],
    ['an empty manifest', /hold JSON/, (path) => writeFileSync(join(path, 'manifest.json'), '')],
    [
      'weights that are a link',
      /ELOOP|regular file/,
      (path) => {
        renameSync(join(path, 'model.safetensors'), join(root, 'elsewhere'));
        symlinkSync(join(root, 'elsewhere'), join(path, 'model.safetensors'));
      },
    ],
    [
      'a folder that is a link',
      /to be a folder/,
      (path) => {
        rmSync(join(root, 'moved'), { recursive: true, force: true });
        renameSync(path, join(root, 'moved'));
        symlinkSync(join(root, 'moved'), path);
      },
    ],
  ];
  function flip(path: string, at: number): void {
    const bytes = readFileSync(path);
    bytes[(at + bytes.length) % bytes.length]! ^= 1;
    writeFileSync(path, bytes);
  }

  it.each(damage)('is the one before where it has %s', (_, reason, harm) => {
    const contents = parts(1);
    const first = save(contents);
    const expected = contents.model!.stateDict();
    const second = save(parts(2));
    harm(second);
    const model = new nn.Linear(2, 2);
    const loaded = loadCheckpoint(folder, { model })!;
    expect(loaded).toMatchObject({ path: first, step: 1 });
    expect(model.stateDict()).toEqual(expected);
    expect(loaded.skipped).toEqual([{ path: second, reason: expect.stringMatching(reason) }]);
    rmSync(first, { recursive: true });
    expect(() => loadCheckpoint(folder, { model })).toThrow(FileError);
    expect(() => loadCheckpoint(folder, { model })).toThrow(second);
    expect(model.stateDict()).toEqual(expected);
  });

  it('is that of the run that wrote last, and no run removes what another wrote', () => {
    for (const step of [10, 20, 30]) save(parts(step));
    const others = readdirSync(folder).filter((name) => name.startsWith('step-'));
    expect(others).toEqual(['step-00000020-000002', 'step-00000030-000003']);
    // Another process: it has not loaded what is there.
    cpSync(folder, join(root, 'other'), { recursive: true });
    const write = { ...snapshot(folder, parts(5)), run: 'another' };
    for (const step of [5, 6, 7]) writeCheckpoint(nodeFiles, { ...write, step });
    expect(loadCheckpoint(folder)!.step).toBe(7);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([...others, 'step-00000006-000005']));
    expect(readdirSync(folder)).not.toContain('step-00000005-000004');
  });

  it('leaves no leftovers at the start', () => {
    save(parts(1));
    mkdirSync(join(folder, '.tmp-step-00000002-000002'));
    writeFileSync(join(folder, '.tmp-step-00000002-000002', 'model.safetensors'), 'half');
    writeFileSync(join(folder, '.tmp-latest'), '');
    cleanCheckpoints(folder);
    expect(readdirSync(folder).sort()).toEqual(['latest', 'step-00000001-000001']);
  });
});

describe('a checkpoint of another run', () => {
  const refused = (parts: Parameters<typeof loadCheckpoint>[1]): readonly string[] => {
    try {
      loadCheckpoint(folder, parts);
    } catch (error) {
      expect(error).toBeInstanceOf(CheckpointMismatchError);
      return (error as CheckpointMismatchError).differences;
    }
    throw new Error('it was loaded');
  };

  it('is refused with everything that differs, and nothing has changed', () => {
    const model = new Net();
    const config = { seed: 1, model: [{ type: 'Linear', outFeatures: 3 }], batchSize: 8 };
    save({ model, optimizer: new core.Adam(model.namedParameters(), {}), config, progress: { step: 1 } });
    const other = new Net(4);
    const optimizer = new core.SGD(
      [
        ['out.weight', other.out.weight],
        ['extra', other.out.bias!],
      ],
      { lr: 1 },
    );
    const before = JSON.stringify([other.stateDict(), optimizer.stateDict()]);
    const changed = { seed: 1, model: [{ type: 'Linear', outFeatures: 4 }, { type: 'ReLU' }], batchSize: 16 };
    expect(refused({ model: other, optimizer, config: changed })).toEqual([
      'model[0].outFeatures: 3 there, 4 here',
      'model[1]: nothing there, {"type":"ReLU"} here',
      'batchSize: 8 there, 16 here',
      'model: out.weight of shape [3, 8] there, [4, 8] here',
      'model: out.bias of shape [3] there, [4] here',
      'optimizer: Adam there, SGD here',
      'optimizer: extra is here only',
      'optimizer: fc.weight is there only',
      'optimizer: fc.bias is there only',
      'optimizer: norm.weight is there only',
      'optimizer: norm.bias is there only',
      'optimizer: out.bias is there only',
      'optimizer: out.weight of shape [3, 8] there, [4, 8] here',
      'optimizer: paramGroups[0] is here only',
    ]);
    expect(JSON.stringify([other.stateDict(), optimizer.stateDict()])).toBe(before);
    const scheduler = [new core.StepLR(optimizer, { stepSize: 1 })];
    const data = new TensorDataset(tensor([[1]]));
    expect(
      refused({ scheduler, loader: new DataLoader(data), generators: { noise: new Generator() } }),
    ).toEqual([
      'loader: not in the checkpoint',
      'generators.noise: not in the checkpoint',
      'scheduler: 0 there, 1 here',
    ]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no progress', {}, /expected progress to be an object with a step but received undefined/],
    ['a step that is no integer', { progress: { step: 1.5 } }, /progress\.step to be an integer >= 0/],
    [
      'a function',
      { progress: { step: 1, f: () => 1 } },
      /contents\.progress\.f to be plain data but received function f/,
    ],
    [
      'a date',
      { progress: { step: 1, at: new Date() } },
      /contents\.progress\.at to be plain data but received Date/,
    ],
    [
      'a metric that is text',
      { progress: { step: 1 }, metrics: { loss: '1' } },
      /metrics\.loss to be a number/,
    ],
    ['a model that is none', { progress: { step: 1 }, model: {} }, /model to be a Module/],
    ['a marker of its own', { progress: { step: 1, x: { $number: '1' } } }, /to be plain data/],
  ])('is not written of %s', (_, contents, text) => {
    expect(() => snapshot(folder, contents as CheckpointContents)).toThrow(text);
  });
});

describe('an optimizer file', () => {
  const path = join(root, 'optimizer.safetensors');
  it('goes to an optimizer whose parameters stand in another order', () => {
    const model = new Net();
    const optimizer = new core.AdamW(model.namedParameters(), { lr: 0.5 });
    model
      .forward(randn([6, 4]))
      .sum()
      .backward();
    optimizer.step();
    saveOptimizer(path, optimizer);
    const reversed = new core.AdamW(model.namedParameters().reverse(), { lr: 0.1 });
    loadOptimizer(path, reversed);
    expect(reversed.paramGroups[0]!.lr).toBe(0.5);
    for (const [param, state] of optimizer.state) expect(reversed.state.get(param)).toEqual(state);
    expect(() => loadOptimizer(path, new core.SGD(model.namedParameters(), { lr: 1 }))).toThrow(
      /to be of this optimizer but optimizer: AdamW there, SGD here/,
    );
  });
});
