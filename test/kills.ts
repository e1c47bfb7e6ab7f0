/** Runs of `lr train --resume` that are killed at random moments until one ends by itself. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

export interface Outcome {
  kills: number;
  /** Of those, how many between the first step and the last. */
  inTraining: number;
  /** SHA-256 of the weights that the last run wrote. */
  sha256: string;
  /** Checkpoints that a resumed run could not read. */
  skipped: number;
}

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const argumentsOf = (name: string, config: string): string[] => [
  ...['train', config, '--json', '--resume', '--checkpoint-dir', `${name}-checkpoints`],
  ...['--log-dir', `${name}-logs`, '--output', `${name}.onnx`, '--weights', `${name}.safetensors`],
];

/** The run that nobody kills. @returns the SHA-256 of its weights, and the milliseconds of all of it and of its steps */
export function undisturbed(
  cwd: string,
  config: object,
): { sha256: string; duration: number; training: number } {
  writeFileSync(join(cwd, 'fragile.json'), JSON.stringify(config));
  const started = performance.now();
  const { status, stdout, stderr } = lr(argumentsOf('whole', 'fragile.json'), { cwd });
  if (status !== 0) throw new Error(`the undisturbed run ended with ${status}: ${stderr}`);
  const seconds = events(stdout).map((event) =>
    event['event'] === 'epoch' ? (event['seconds'] as number) : 0,
  );
  return {
    sha256: hash(join(cwd, 'whole.safetensors')),
    duration: performance.now() - started,
    training: seconds.reduce((sum, epoch) => sum + epoch, 0) * 1000,
  };
}

/**
 * Starts the run again and again with a random number of threads, and kills it: four times of five at a random moment of
 * its steps, else at one of all its time; until it ends by itself. After `most` kills it is left alone.
 */
export async function killUntilDone(
  cwd: string,
  config: object,
  {
    duration,
    training,
    most,
    random,
  }: { duration: number; training: number; most: number; random: () => number },
): Promise<Outcome> {
  writeFileSync(join(cwd, 'fragile.json'), JSON.stringify(config));
  for (const left of ['killed-checkpoints', 'killed.safetensors', 'killed.onnx'])
    rmSync(join(cwd, left), { recursive: true, force: true });
  const outcome: Outcome = { kills: 0, inTraining: 0, sha256: '', skipped: 0 };
  for (;;) {
    const threads = String(1 + Math.floor(random() * 3));
    const child = startLr([...argumentsOf('killed', 'fragile.json'), '--threads', threads], { cwd });
    let output = '';
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const inSteps = random() < 0.8;
    const delay = random() * (inSteps ? training : duration);
    let timer: NodeJS.Timeout | undefined;
    const kill = (): void => {
      if (outcome.kills < most) timer ??= setTimeout(() => child.kill('SIGKILL'), delay);
    };
    if (!inSteps) kill();
    child.stdout!.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('"event":"start"')) kill();
    });
    const code = await ended;
    clearTimeout(timer);
    if (errors.includes('skipped a checkpoint')) outcome.skipped++;
    if (code === 0) break;
    if (code !== null) throw new Error(`a resumed run ended with ${code}: ${errors}`);
    outcome.kills++;
    if (output.includes('"event":"start"')) outcome.inTraining++;
    // Weights are whole or not there, even if the kill came while they were written.
    if (existsSync(join(cwd, 'killed.safetensors'))) hash(join(cwd, 'killed.safetensors'));
  }
  outcome.sha256 = hash(join(cwd, 'killed.safetensors'));
  return outcome;
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
