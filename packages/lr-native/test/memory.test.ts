import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { onCpu } from './on-cpu.ts';

/** 10,000 in `npm run test:memory`. */
const STEPS = Number(process.env.LR_MEMORY_STEPS ?? 2000);
/** Of the model of examples/mnist.json: 10 ms a step on one core, where 64 takes 60, and 10 minutes for 10,000. */
const BATCH = 4;

function run<T>(...args: (string | number)[]): T {
  const loop = fileURLToPath(new URL('memory-loop.ts', import.meta.url));
  const output = execFileSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', loop, ...args.map(String)],
    { encoding: 'utf8' },
  );
  return JSON.parse(output) as T;
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

it(`keeps resident memory flat over ${STEPS} eager steps that dispose of nothing`, () => {
  const { before, peak } = run<{ before: number; peak: number }>('eager', STEPS, 100, BATCH);
  console.log(`RSS after 100 steps ${megabytes(before)} MB, highest later ${megabytes(peak)} MB`);
  // Leaking the outputs of the first ReLU alone would be 650 MB in 2,000 steps. A device lets 256 MB of garbage lie.
  expect(peak - before).toBeLessThan(onCpu ? 150e6 : 300e6);
}, 1_200_000);

it('gives back the bytes of a model that is dropped, and of its captured step', () => {
  const { before, during, after } = run<{ before: number; during: number; after: number }>('dropped', BATCH);
  console.log(
    `array buffers before ${megabytes(before)} MB, during ${megabytes(during)} MB, after ${megabytes(after)} MB`,
  );
  // Weights, gradients and the state of Adam are 19 MB.
  expect(during - before).toBeGreaterThan(19e6);
  expect(Math.abs(after - before)).toBeLessThan(1e5);
}, 600_000);
