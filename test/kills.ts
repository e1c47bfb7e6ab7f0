/** Runs of `lr train --resume` that are killed at random moments until one ends by itself. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Generator, saveNpy, Tensor } from '@org/lr-native';
import { events, lr, startLr } from './run.ts';

/** A run with everything that a resumed one could get wrong: shuffling, dropout, running statistics, two schedulers. */
export const FRAGILE = {
  seed: 3,
  epochs: 2,
  batchSize: 20,
  data: { type: 'mnist', limit: 410, valLimit: 100 },
  model: [
    { type: 'Conv2d', inChannels: 1, outChannels: 4, kernelSize: 3, stride: 2 },
    { type: 'BatchNorm2d', numFeatures: 4 },
    { type: 'ReLU' },
    { type: 'Flatten' },
    { type: 'Dropout', p: 0.3 },
    { type: 'Linear', inFeatures: 676, outFeatures: 10 },
  ],
  loss: { type: 'CrossEntropyLoss' },
  optimizer: { type: 'AdamW', lr: 0.01 },
  scheduler: [
    { type: 'OneCycleLR', maxLr: 0.01, totalSteps: 42, interval: 'step' },
    { type: 'ReduceLROnPlateau', patience: 0, monitor: 'valLoss' },
  ],
  checkpoint: { everySteps: 2 },
};

/** FRAGILE on as many random images, written to `cwd`: a run that is killed often starts sooner without all of MNIST. */
export function fragileOfNoise(cwd: string): typeof FRAGILE {
  const generator = new Generator(5);
  const images = (n: number): Tensor =>
    new Tensor(generator.normal_(new Float32Array(n * 28 * 28)), [n, 1, 28, 28]);
  const classes = (n: number): Tensor<'int32'> =>
    new Tensor(
      Int32Array.from({ length: n }, (_, i) => (i * 7) % 10),
      [n],
    );
  saveNpy(join(cwd, 'x.npy'), images(410));
  saveNpy(join(cwd, 'y.npy'), classes(410));
  saveNpy(join(cwd, 'val-x.npy'), images(100));
  saveNpy(join(cwd, 'val-y.npy'), classes(100));
  const data = { type: 'npy', x: 'x.npy', y: 'y.npy', valX: 'val-x.npy', valY: 'val-y.npy' };
  return { ...FRAGILE, data: data as never };
}

/** When kills came: while a run started, before its first checkpoint, while one was written, between two. */
export type Moment = 'starting' | 'before' | 'during' | 'between';

export interface Outcome {
  kills: Record<Moment, number>;
  /** Runs that were killed or ended, with compiled steps and without. */
  runs: { compiled: number; eager: number };
  /** SHA-256 of the weights that the last run wrote. */
  sha256: string;
  /** Checkpoints that a resumed run could not read. */
  skipped: number;
}

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const argumentsOf = (name: string, config: string, compiled: boolean): string[] => [
  ...['train', config, '--json', '--resume', '--checkpoint-dir', `${name}-checkpoints`],
  ...['--log-dir', `${name}-logs`, '--output', `${name}.onnx`, '--weights', `${name}.safetensors`],
  ...(compiled ? [] : ['--no-compile']),
];

/** A run that nobody killed, and milliseconds of it. */
export interface Whole {
  sha256: string;
  /** Until the first step. */
  startup: number;
  /** From one checkpoint to the next. */
  interval: number;
}

/** The run that nobody kills. */
export function undisturbed(cwd: string, config: object, compiled = true): Whole {
  writeFileSync(join(cwd, 'fragile.json'), JSON.stringify(config));
  rmSync(join(cwd, 'whole-checkpoints'), { recursive: true, force: true });
  const started = performance.now();
  const { status, stdout, stderr } = lr(argumentsOf('whole', 'fragile.json', compiled), { cwd });
  if (status !== 0) throw new Error(`the undisturbed run ended with ${status}: ${stderr}`);
  const printed = events(stdout);
  const checkpoints = printed.filter(({ event }) => event === 'checkpoint').length;
  const training = printed.reduce(
    (sum, { event, seconds }) => (event === 'epoch' ? sum + 1000 * (seconds as number) : sum),
    0,
  );
  return {
    sha256: hash(join(cwd, 'whole.safetensors')),
    startup: performance.now() - started - training,
    interval: training / checkpoints,
  };
}

/**
 * Starts the run again and again, with a random number of threads and with compiled steps or without, until it ends by
 * itself. One of ten is killed while it starts, the others within two intervals after one of their first checkpoints. After
 * `most` kills it is left alone.
 */
export async function killUntilDone(
  cwd: string,
  config: object,
  { startup, interval, most, random }: Whole & { most: number; random: () => number },
): Promise<Outcome> {
  writeFileSync(join(cwd, 'fragile.json'), JSON.stringify(config));
  for (const left of ['killed-checkpoints', 'killed.safetensors', 'killed.onnx'])
    rmSync(join(cwd, left), { recursive: true, force: true });
  const kills = { starting: 0, before: 0, during: 0, between: 0 };
  const runs = { compiled: 0, eager: 0 };
  let skipped = 0;
  for (let left = most; ; left--) {
    const compiled = random() < 0.5;
    runs[compiled ? 'compiled' : 'eager']++;
    const threads = String(1 + Math.floor(random() * 3));
    const args = [...argumentsOf('killed', 'fragile.json', compiled), '--threads', threads];
    const child = startLr(args, { cwd });
    let output = '';
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const whileStarting = random() < 0.1;
    const checkpoints = Math.floor(random() * 4);
    const delay = random() * (whileStarting ? startup : 2 * interval);
    let timer: NodeJS.Timeout | undefined;
    const kill = (): void => {
      if (left > 0) timer ??= setTimeout(() => child.kill('SIGKILL'), delay);
    };
    if (whileStarting) kill();
    child.stdout!.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const written = output.split('"event":"checkpoint"').length - 1;
      if (output.includes('"event":"start"') && written >= checkpoints) kill();
    });
    const code = await ended;
    clearTimeout(timer);
    if (errors.includes('skipped a checkpoint')) skipped++;
    if (code === 0) break;
    if (code !== null) throw new Error(`a resumed run ended with ${code}: ${errors}`);
    kills[output.includes('"event":"start"') ? momentOf(join(cwd, 'killed-checkpoints')) : 'starting']++;
    // Weights are whole or not there, even if the kill came while they were written.
    if (existsSync(join(cwd, 'killed.safetensors'))) hash(join(cwd, 'killed.safetensors'));
  }
  return { kills, runs, sha256: hash(join(cwd, 'killed.safetensors')), skipped };
}

/** When a run that had started was killed, by what it left: what an earlier one left is removed when a run starts. */
function momentOf(folder: string): Moment {
  const names = readdirSync(folder);
  if (names.some((name) => name.startsWith('.tmp-'))) return 'during';
  return names.some((name) => name.startsWith('step-')) ? 'between' : 'before';
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
