/** Configs as files: what is accepted, and what each mistake says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@org/lr-core';
import { nn } from '@org/lr-native';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../src/config.ts';
import { LOSSES, MODULES, OPTIMIZERS, SCHEDULERS } from '../src/config-types.ts';
import { UsageError } from '../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'lr-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const valid = {
  epochs: 3,
  data: { type: 'mnist' },
  model: [{ type: 'Flatten' }, { type: 'Linear', inFeatures: 784, outFeatures: 10 }],
  loss: { type: 'CrossEntropyLoss' },
  optimizer: { type: 'Adam', lr: 0.001 },
};

/** The lines of the error that a config gives. */
function mistakes(config: unknown): string[] {
  try {
    parseConfig(config);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message.split('\n');
  }
  throw new Error('the config was accepted');
}

describe('a valid config', () => {
  it('has defaults for what it leaves out', () => {
    const config = parseConfig(valid);
    expect(config).toMatchObject({ seed: 0, epochs: 3, batchSize: 64, schedulers: [] });
    expect(config.device).toBeUndefined();
  });

  it('takes one scheduler or a list of them', () => {
    const step = { type: 'StepLR', stepSize: 5 };
    const cosine = { type: 'CosineAnnealingLR', tMax: 3, interval: 'step' };
    expect(parseConfig({ ...valid, scheduler: step }).schedulers).toEqual([step]);
    expect(parseConfig({ ...valid, scheduler: [step, cosine] }).schedulers).toEqual([step, cosine]);
  });

  it('takes schedulers and modules inside others', () => {
    const warmup = { type: 'LinearLR', totalIters: 5 };
    const scheduler = {
      type: 'SequentialLR',
      schedulers: [warmup, { type: 'ExponentialLR', gamma: 0.9 }],
      milestones: [5],
    };
    const model = [{ type: 'Sequential', modules: valid.model }];
    const config = parseConfig({ ...valid, scheduler, model });
    expect(config.schedulers).toEqual([scheduler]);
    expect(config.model).toEqual(model);
  });

  it('reads paths from where the file is, and takes options of the command line', () => {
    const file = join(folder, 'idx.json');
    writeFileSync(file, JSON.stringify({ ...valid, data: { type: 'idx', dir: 'digits' } }));
    const config = loadConfig(file, { epochs: 7, seed: undefined });
    expect(config.data).toMatchObject({ dir: join(folder, 'digits') });
    expect(config).toMatchObject({ epochs: 7, seed: 0 });
  });
});

describe('the tables', () => {
  it('have a row for each module and loss of @org/lr-native that a chain can have', () => {
    const rows = { ...MODULES, ...LOSSES };
    // They take several tensors or a module, or do not run.
    const others = [
      'MultiheadAttention',
      'TransformerEncoder',
      'ModuleList',
      'ModuleDict',
      'ParameterList',
      'ParameterDict',
      'Bilinear',
      'MaxUnpool2d',
      'CosineSimilarity',
      'PairwiseDistance',
      'CosineEmbeddingLoss',
      'GaussianNLLLoss',
      'MarginRankingLoss',
      'TripletMarginLoss',
    ];
    const modules = Object.entries(nn).filter(([, value]) => value.prototype instanceof nn.Module);
    expect(modules.length).toBeGreaterThan(5);
    expect(modules.map(([name]) => name).filter((name) => !(name in rows) && !others.includes(name))).toEqual(
      [],
    );
  });

  it('name optimizers and schedulers of @org/lr-core only', () => {
    const names = Object.keys({ ...OPTIMIZERS, ...SCHEDULERS });
    expect(names.filter((name) => typeof (core as Record<string, unknown>)[name] !== 'function')).toEqual([]);
  });
});

const optimizer = (options: object): object => ({ ...valid, optimizer: { type: 'Adam', ...options } });
const scheduler = (options: object): object => ({ ...valid, scheduler: options });
const data = (options: object): object => ({ ...valid, data: options });

describe('a mistake names the path, what was expected and what came', () => {
  it.each<[string, object, string]>([
    ['lr < 0', optimizer({ lr: -1 }), 'optimizer.lr: expected a positive number but received -1'],
    ['lr = 0', optimizer({ lr: 0 }), 'optimizer.lr: expected a positive number but received 0'],
    ['a NaN lr', optimizer({ lr: NaN }), 'optimizer.lr: expected a positive number but received NaN'],
    [
      'an infinite lr',
      optimizer({ lr: Infinity }),
      'optimizer.lr: expected a positive number but received Infinity',
    ],
    [
      'an lr that is text',
      optimizer({ lr: '0.1' }),
      'optimizer.lr: expected a positive number but received "0.1"',
    ],
    [
      'an lr that is null',
      optimizer({ lr: null }),
      'optimizer.lr: expected a positive number but received null',
    ],
    [
      'betas',
      optimizer({ betas: [0.9, 1] }),
      'optimizer.betas: expected two numbers >= 0 and < 1 but received [0.9, 1]',
    ],
    ['epochs', { ...valid, epochs: 0 }, 'epochs: expected an integer >= 1 but received 0'],
    [
      'a fraction of a batch',
      { ...valid, batchSize: 1.5 },
      'batchSize: expected an integer >= 1 but received 1.5',
    ],
    [
      'a device',
      { ...valid, device: 'gpu' },
      'device: expected "cpu", "cuda" or "cuda:N" but received "gpu"',
    ],
    [
      'a scheduler without its option',
      scheduler({ type: 'StepLR' }),
      'scheduler.stepSize: expected an integer >= 1 but it is missing',
    ],
    [
      'a scheduler in a list',
      scheduler([
        { type: 'StepLR', stepSize: 5 },
        { type: 'CosineAnnealingLR', tMax: 0 },
      ] as object),
      'scheduler[1].tMax: expected an integer >= 1 but received 0',
    ],
    [
      'an interval',
      scheduler({ type: 'StepLR', stepSize: 5, interval: 'batch' }),
      'scheduler.interval: expected one of "epoch", "step" but received "batch"',
    ],
    [
      'a kernel size',
      { ...valid, model: [{ type: 'Conv2d', inChannels: 1, outChannels: 2, kernelSize: [3] }] },
      'model[0].kernelSize: expected an integer >= 1 or a pair of them but received [3]',
    ],
    [
      'padding',
      {
        ...valid,
        model: [{ type: 'Conv2d', inChannels: 1, outChannels: 2, kernelSize: 3, padding: 'full' }],
      },
      'model[0].padding: expected an integer >= 0, a pair of them, "same" or "valid" but received "full"',
    ],
    ['no model', { ...valid, model: undefined }, 'model: expected a list of modules but it is missing'],
    [
      'an empty model',
      { ...valid, model: [] },
      'model: expected a list of one module or more but received []',
    ],
    [
      'a module that is text',
      { ...valid, model: ['ReLU'] },
      'model[0]: expected {"type": …} but received "ReLU"',
    ],
    ['no data folder', data({ type: 'idx' }), 'data.dir: expected a path but it is missing'],
    ['a limit', data({ type: 'mnist', limit: -5 }), 'data.limit: expected an integer >= 1 but received -5'],
    [
      'a std of zero',
      data({ type: 'mnist', std: 0 }),
      'data.std: expected a positive number, one for all channels or a list with one for each but received 0',
    ],
    [
      'an unknown option',
      optimizer({ lr: 1, momentum: 0.9 }),
      'optimizer.momentum: unknown option; known: type, lr, betas, eps, weightDecay, maximize, amsgrad, decoupledWeightDecay',
    ],
    [
      'an unknown key',
      { ...valid, optimiser: {} },
      'optimiser: unknown option; known: seed, epochs, batchSize, device, compile, data, model, loss, optimizer, checkpoint, scheduler',
    ],
    ['a config that is a list', [], 'config: expected a JSON object but received []'],
  ])('%s', (_, config, line) => {
    expect(mistakes(config)).toEqual([line]);
  });

  it.each<[string, object, string]>([
    [
      'optimizer',
      optimizer({ type: 'Adan' }),
      'optimizer.type: unknown optimizer "Adan", did you mean "Adam"? known: SGD, Adam,',
    ],
    [
      'scheduler',
      scheduler({ type: 'steplr' }),
      'scheduler.type: unknown scheduler "steplr", did you mean "StepLR"? known: ',
    ],
    [
      'module',
      { ...valid, model: [{ type: 'Conv2D' }] },
      'model[0].type: unknown module "Conv2D", did you mean "Conv2d"?',
    ],
    [
      'loss',
      { ...valid, loss: { type: 'Huber' } },
      'loss.type: unknown loss "Huber"; known: CrossEntropyLoss,',
    ],
    [
      'function',
      scheduler({ type: 'LambdaLR' }),
      'scheduler.type: LambdaLR takes a function, which JSON cannot hold; known: ',
    ],
    ['data', data({ type: 'csv' }), 'data.type: unknown kind of data "csv"; known: mnist, idx, npy'],
    [
      'nothing',
      { ...valid, loss: {} },
      'loss.type: expected the name of a loss but it is missing; known: CrossEntropyLoss,',
    ],
  ])('an unknown %s, with what is known', (_, config, start) => {
    const [line, ...rest] = mistakes(config);
    expect(line!.slice(0, start.length)).toBe(start);
    expect(rest).toEqual([]);
  });

  it('and all of a file come at once', () => {
    const config = {
      ...valid,
      epochs: -1,
      optimizer: { type: 'SGD', lr: -1, momentum: -2 },
      loss: { type: 'Loss' },
    };
    expect(mistakes(config).map((line) => line.split(':')[0])).toEqual([
      'epochs',
      'loss.type',
      'optimizer.lr',
      'optimizer.momentum',
    ]);
  });

  it('__proto__ is an unknown option and changes nothing', () => {
    const config = JSON.parse(
      JSON.stringify(valid).replace('{', '{"__proto__":{"polluted":true},'),
    ) as unknown;
    expect(mistakes(config)[0]).toMatch(/^__proto__: unknown option/);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('a file that is no config', () => {
  const load = (content: string): string => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, content);
    try {
      loadConfig(file);
    } catch (error) {
      return (error as Error).message.replace(file, 'FILE');
    }
    throw new Error('accepted');
  };

  it('says line and column', () => {
    expect(load('{\n  "epochs": 1,\n  "seed" 2\n}')).toMatch(/^FILE: not JSON at line 3, column 10: /);
    expect(load('')).toMatch(/^FILE: not JSON: Unexpected end of JSON input/);
  });

  it('says that JSON has no NaN', () => {
    const text = JSON.stringify(valid, null, 2).replace('0.001', 'NaN');
    expect(load(text)).toMatch(
      /^FILE: not JSON: Unexpected token 'N'.*"lr": NaN.*; JSON has no NaN and no Infinity$/,
    );
  });

  it('says that there is none', () => {
    expect(() => loadConfig(join(folder, 'none.json'))).toThrow(/none\.json: cannot be read: no such file$/);
    expect(() => loadConfig(folder)).toThrow(/cannot be read: it is a directory$/);
  });
});
