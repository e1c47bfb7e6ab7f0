/** Runs that are killed, interrupted, short of disk or given numbers that are not finite. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CheckpointMismatchError,
  loadCheckpoint,
  manualSeed,
  nn,
  randn,
  saveCheckpoint,
  saveNpy,
  Tensor,
  type CheckpointContents,
} from '@org/lr-native';
import { Adam } from '@org/lr-core';
import { describe, expect, it } from 'vitest';
import { FRAGILE, killUntilDone, randomFrom, undisturbed } from './kills.ts';
import { events, lr, LR, startLr, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const write = (name: string, config: object): string => {
  writeFileSync(join(cwd, name), JSON.stringify(config));
  return name;
};

describe('SIGKILL', () => {
  it('at random moments changes no byte of the weights', { timeout: 600_000 }, async () => {
    const whole = undisturbed(cwd, FRAGILE);
    const random = randomFrom(11);
    const outcome = await killUntilDone(cwd, FRAGILE, { ...whole, most: 4, random });
    expect(outcome.kills.during + outcome.kills.between).toBeGreaterThan(0);
    expect(outcome).toMatchObject({ sha256: whole.sha256, skipped: 0 });
    const left = readdirSync(join(cwd, 'killed-checkpoints')).filter((name) => name.startsWith('.'));
    expect(left).toEqual([]);
  });

  it('in the middle of a save: the newest whole checkpoint is taken, and what was skipped is said', () => {
    const folder = join(cwd, 'killed-checkpoints');
    const names = readdirSync(folder).filter((name) => name.startsWith('step-'));
    const newest = names.sort((a, b) => Number(b.split('-')[2]) - Number(a.split('-')[2]))[0]!;
    const file = join(folder, newest, 'model.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    const args = ['train', 'fragile.json', '--resume', '--checkpoint-dir', 'killed-checkpoints', '--json'];
    const { status, stdout, stderr } = lr([...args, '--weights', 'again.safetensors'], { cwd });
    expect(stderr).toMatch(/^warning: skipped a checkpoint: .*model\.safetensors to have the SHA-256/);
    expect(status).toBe(0);
    const resumed = events(stdout).find(({ event }) => event === 'resume')!;
    expect(resumed['skipped']).toMatchObject([{ path: expect.stringContaining(newest) as string }]);
    expect(readFileSync(join(cwd, 'again.safetensors'))).toEqual(
      readFileSync(join(cwd, 'whole.safetensors')),
    );
  });
});

describe('compiled steps', () => {
  const weights = (name: string): Buffer => readFileSync(join(cwd, `${name}.safetensors`));
  const train = (name: string, config: string, ...more: string[]): SpawnSyncReturns<string> =>
    lr(['train', config, '--json', '--weights', `${name}.safetensors`, ...more], { cwd });

  it('give the bytes of eager ones, and a run goes on in the other way', () => {
    const config = write('modes.json', FRAGILE);
    const uncompiled = write('uncompiled.json', { ...FRAGILE, compile: false });
    expect(train('compiled', config)).toMatchObject({ status: 0, stderr: '' });
    expect(train('eager', config, '--no-compile')).toMatchObject({ status: 0, stderr: '' });
    expect(weights('eager')).toEqual(weights('compiled'));
    for (const [first, second] of [
      [config, uncompiled],
      [uncompiled, config],
    ] as const) {
      const folder = ['--checkpoint-dir', `from-${first}`];
      expect(train('half', first, ...folder, '--epochs', '1').status).toBe(0);
      const { stdout } = train('both', second, ...folder, '--resume');
      expect(events(stdout).find(({ event }) => event === 'resume')).toMatchObject({ epoch: 1, step: 21 });
      expect(weights('both')).toEqual(weights('compiled'));
    }
  });

  it('are left out where a model cannot be recorded, which is said', () => {
    const model = FRAGILE.model.map((entry) =>
      entry.type === 'BatchNorm2d' ? { ...entry, momentum: null } : entry,
    );
    const config = write('average.json', { ...FRAGILE, model });
    const { status, stderr } = train('average', config);
    expect(stderr).toBe('warning: the steps are not compiled: BatchNorm with momentum null\n');
    expect(status).toBe(0);
    expect(train('eager-average', config, '--no-compile')).toMatchObject({ status: 0, stderr: '' });
    expect(weights('average')).toEqual(weights('eager-average'));
  });
});

describe('what a killed process left', () => {
  it('of a file that it wrote is removed at the next start, if the process is dead', () => {
    const { pid } = spawnSync('true');
    const name = (pid: number, file = 'left.safetensors'): string => join(cwd, `${file}.${pid}.tmp`);
    const [dead, alive, other] = [name(pid), name(process.pid), name(pid, 'other.safetensors')];
    for (const file of [dead, alive, other]) writeFileSync(file, 'half');
    const config = write('left.json', { ...FRAGILE, epochs: 1, scheduler: [] });
    expect(lr(['train', config, '--quiet', '--weights', 'left.safetensors'], { cwd }).status).toBe(0);
    expect([dead, alive, other].map((file) => existsSync(file))).toEqual([false, true, true]);
  });
});

describe('a signal', () => {
  it('that comes twice ends the run at once', async () => {
    const long = write('long.json', { ...FRAGILE, epochs: 1000, scheduler: [] });
    const child = startLr(['train', long, '--json', '--checkpoint-dir', 'twice'], { cwd });
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
      if (errors.includes('again to end at once')) child.kill('SIGTERM');
    });
    child.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"event":"checkpoint"') && errors === '') child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    // The second may come when the first has done its work.
    expect([130, 143]).toContain(code);
    expect(loadCheckpoint(join(cwd, 'twice'))!.skipped).toEqual([]);
  });

  it('that comes twice in a step of seconds does not wait for its end', async () => {
    const slow = write('slow.json', {
      ...FRAGILE,
      batchSize: 410,
      model: [
        { type: 'Conv2d', inChannels: 1, outChannels: 128, kernelSize: 5 },
        { type: 'Conv2d', inChannels: 128, outChannels: 128, kernelSize: 5 },
        { type: 'Flatten' },
        { type: 'Linear', inFeatures: 51200, outFeatures: 10 },
      ],
      scheduler: [],
    });
    const child = startLr(['train', slow, '--json', '--checkpoint-dir', 'slow'], { cwd });
    let output = '';
    let errors = '';
    const said = (text: string): Promise<void> =>
      new Promise((resolve) => {
        child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()).includes(text) && resolve());
        child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()).includes(text) && resolve());
      });
    await said('"event":"start"');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const started = performance.now();
    const asked = said('SIGINT: finishing the step; again to end at once');
    child.kill('SIGINT');
    await asked;
    const code = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGTERM');
    expect(await code).toBe(143);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(events(output)).toMatchObject([{ event: 'start' }]);
  });

  it('that comes once lets the step end, and saves it', async () => {
    const long = write('long.json', { ...FRAGILE, epochs: 1000, scheduler: [] });
    const child = startLr(['train', long, '--json', '--checkpoint-dir', 'once'], { cwd });
    child.stdout!.once('data', () => child.kill('SIGTERM'));
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(143);
    const [, step] = /SIGTERM: stopped after step (\d+); go on with --resume/.exec(errors)!;
    expect(loadCheckpoint(join(cwd, 'once'))).toMatchObject({ step: Number(step), skipped: [] });
  });
});

describe('a disk that is full', () => {
  const small = {
    ...FRAGILE,
    epochs: 3,
    batchSize: 2,
    model: [
      { type: 'AvgPool2d', kernelSize: 7 },
      { type: 'Flatten' },
      { type: 'Linear', inFeatures: 16, outFeatures: 10 },
    ],
    scheduler: [],
    checkpoint: undefined,
  };

  it('while logging is said once, and training goes on', () => {
    const file = write('small.json', small);
    // No file may have more than 24 kB: the weights fit, the events do not.
    const command = `trap '' XFSZ; ulimit -f 24; exec "$@"`;
    const args = [
      '-c',
      command,
      'bash',
      process.execPath,
      LR,
      'train',
      file,
      '--json',
      '--weights',
      'small.safetensors',
    ];
    const { status, stdout, stderr } = spawnSync('bash', args, { cwd, encoding: 'utf8' });
    expect(stderr).toMatch(/^warning: TensorBoard logging stopped: .*EFBIG.*\n$/);
    expect(status).toBe(0);
    expect(events(stdout).at(-1)).toMatchObject({ event: 'done', steps: 615 });
    expect(existsSync(join(cwd, 'small.safetensors'))).toBe(true);
  });

  it('where stdout goes is said once, and training goes on', () => {
    const file = write('small.json', { ...small, epochs: 1 });
    const args = ['-c', 'exec "$@" > /dev/full', 'bash', process.execPath, LR, 'train', file, '--json'];
    const { status, stderr } = spawnSync('bash', args, { cwd, encoding: 'utf8' });
    expect(stderr).toMatch(/^warning: stdout cannot be written: ENOSPC.*\n$/);
    expect(status).toBe(0);
  });

  it('while a checkpoint is written is said, and training goes on', () => {
    const file = write('large.json', {
      ...FRAGILE,
      epochs: 1,
      scheduler: [],
      checkpoint: { everySteps: 10 },
    });
    const command = `trap '' XFSZ; ulimit -f 16; exec "$@"`;
    const args = [
      '-c',
      command,
      'bash',
      process.execPath,
      LR,
      'train',
      file,
      '--json',
      '--checkpoint-dir',
      'full',
    ];
    const { status, stdout, stderr } = spawnSync('bash', args, { cwd, encoding: 'utf8' });
    expect(stderr).toMatch(/warning: a checkpoint was not written: EFBIG.*; the one before is whole/);
    expect(events(stdout).map(({ event }) => event)).toContain('epoch');
    expect(events(stdout).map(({ event }) => event)).not.toContain('checkpoint');
    expect(readdirSync(join(cwd, 'full'))).toEqual([]);
    // The exported model does not fit either.
    expect(status).not.toBe(0);
  });
});

describe('a loss that is not finite', () => {
  const x = Float32Array.from({ length: 40 }, (_, i) => (i === 26 ? NaN : (i % 7) / 7));
  const data = { type: 'npy', x: 'x.npy', y: 'y.npy' };
  const config = {
    ...FRAGILE,
    epochs: 2,
    batchSize: 5,
    data,
    model: [
      { type: 'Linear', inFeatures: 2, outFeatures: 3 },
      { type: 'BatchNorm1d', numFeatures: 3 },
      { type: 'Linear', inFeatures: 3, outFeatures: 1 },
    ],
    loss: { type: 'MSELoss' },
    scheduler: [],
    checkpoint: undefined,
  };
  function prepare(): string {
    saveNpy(join(cwd, 'x.npy'), new Tensor(x, [20, 2]));
    saveNpy(join(cwd, 'y.npy'), new Tensor(new Float32Array(20).fill(0.5), [20, 1]));
    return write('nan.json', config);
  }

  it('stops the run, which says where', () => {
    const { status, stderr } = lr(['train', prepare(), '--quiet'], { cwd });
    expect(stderr).toMatch(
      /the loss is NaN at step [1-4] of epoch 1, .*; --skip-nonfinite leaves such steps out/,
    );
    expect(stderr).toMatch(
      /: \[\w+\] expected the result to be finite but received NaN at element \d+, since input 0 has NaN/,
    );
    expect(status).toBe(1);
  });

  it('is left out and counted with --skip-nonfinite, and spoils neither weights nor running statistics', () => {
    const args = ['train', prepare(), '--skip-nonfinite', '--checkpoint-dir', 'skipping'];
    // The export is checked on the training examples, of which one is NaN: that is what fails in the end.
    const { stdout } = lr([...args, '--json'], { cwd });
    const printed = events(stdout);
    expect(printed.filter(({ event }) => event === 'nonfinite')).toMatchObject([
      { loss: 'NaN', skipped: 1 },
      { loss: 'NaN', skipped: 2 },
    ]);
    expect(printed.filter(({ event }) => event === 'epoch')).toMatchObject([{ skipped: 1 }, { skipped: 2 }]);
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3), new nn.Linear(3, 1));
    const { progress } = loadCheckpoint(join(cwd, 'skipping'), { model })!;
    expect(progress).toMatchObject({ step: 8, skipped: 2 });
    for (const tensor of Object.values(model.stateDict()))
      expect(Array.from(tensor.data as Float32Array).every((value) => Number.isFinite(Number(value)))).toBe(
        true,
      );
    expect(lr([...args, '--resume', '--epochs', '3'], { cwd }).stdout).toMatch(
      /epoch 3\/3 .* 3 steps skipped/,
    );
  });
});

describe('saveCheckpoint in its thread', () => {
  const folder = join(cwd, 'api');
  manualSeed(0);
  const model = new nn.Sequential(new nn.Linear(1000, 1000), new nn.Linear(1000, 10));
  const optimizer = new Adam(model.namedParameters(), { lr: 0.01 });
  const contents = (step: number): CheckpointContents => ({ model, optimizer, progress: { step } });
  const bytes = (module: nn.Module): Buffer =>
    Buffer.concat(
      Object.values(module.stateDict()).map(({ data }) => new Uint8Array(data.buffer as ArrayBuffer)),
    );
  function train(): void {
    optimizer.zeroGrad();
    model
      .forward(randn([4, 1000]))
      .sum()
      .backward();
    optimizer.step();
  }

  // The second is copied to the memory of the first.
  it.each([1, 2])(
    'copies before it returns: what training changes meanwhile is not in it (%i)',
    async (step) => {
      train();
      const before = bytes(model);
      const saved = saveCheckpoint(folder, contents(step));
      train();
      expect(bytes(model).equals(before)).toBe(false);
      const { path, warnings } = await saved;
      expect(warnings).toEqual([]);
      const other = new nn.Sequential(new nn.Linear(1000, 1000), new nn.Linear(1000, 10));
      expect(loadCheckpoint(folder, { model: other })).toMatchObject({ path, step });
      expect(bytes(other).equals(before)).toBe(true);
    },
  );

  it('writes in the order of the calls', async () => {
    const saves = [3, 4, 5, 6].map((step) => saveCheckpoint(folder, contents(step), { keep: 3 }));
    const paths = (await Promise.all(saves)).map(({ path }) => path);
    expect(paths.toSorted()).toEqual(paths);
    expect(readdirSync(folder)).toEqual(
      [...paths.slice(1).map((path) => path.slice(folder.length + 1)), 'latest'].toSorted(),
    );
  });

  it('says what the disk says, and goes on after it', async () => {
    writeFileSync(join(cwd, 'file'), '');
    await expect(saveCheckpoint(join(cwd, 'file', 'below'), contents(7))).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
    await expect(saveCheckpoint(folder, { progress: { step: -1 } })).rejects.toThrow(
      /progress\.step to be an integer >= 0/,
    );
    expect((await saveCheckpoint(folder, contents(8))).path).toMatch(/step-00000008-000007$/);
    expect(() => loadCheckpoint(folder, { model: new nn.Linear(2, 2) })).toThrow(CheckpointMismatchError);
  });
});
