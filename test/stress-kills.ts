/**
 * Kills `lr train --resume` at random moments until there were that many kills, and holds the weights of every run that
 * came through against those of a run that nobody killed. Each start has compiled steps or not, and 1 to 3 threads.
 *
 *     npx tsx test/stress-kills.ts [kills, default 200] [seed, default 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FRAGILE, fragileOfNoise, killUntilDone, randomFrom, undisturbed, type Outcome } from './kills.ts';

const [wanted = 200, seed = 1] = process.argv.slice(2).map(Number);
const SCHEDULERS = [
  FRAGILE.scheduler,
  { type: 'CosineAnnealingWarmRestarts', t0: 7, interval: 'step' },
  { type: 'CyclicLR', baseLr: 0.001, maxLr: 0.01, stepSizeUp: 5, cycleMomentum: false, interval: 'step' },
  {
    type: 'SequentialLR',
    schedulers: [
      { type: 'LinearLR', totalIters: 9 },
      { type: 'StepLR', stepSize: 4 },
    ],
    milestones: [9],
    interval: 'step',
  },
];
const cwd = mkdtempSync(join(tmpdir(), 'lr-kills-'));
const random = randomFrom(seed);
const total = { starting: 0, before: 0, during: 0, between: 0, compiled: 0, eager: 0 };
let skipped = 0;
let kills = 0;
let runs = 0;

/** The kills of an outcome, added to the total. */
function count({ kills, runs }: Outcome): number {
  for (const [key, value] of Object.entries({ ...kills, ...runs })) total[key as keyof typeof total] += value;
  return Object.values(kills).reduce((sum, n) => sum + n, 0);
}

try {
  const fragile = fragileOfNoise(cwd);
  while (kills < wanted) {
    const config = { ...fragile, scheduler: SCHEDULERS[runs % SCHEDULERS.length] };
    const whole = undisturbed(cwd, config, runs % 2 === 0);
    const outcome = await killUntilDone(cwd, config, { ...whole, most: wanted - kills, random });
    const own = count(outcome);
    kills += own;
    skipped += outcome.skipped;
    runs++;
    const same = outcome.sha256 === whole.sha256;
    console.log(`run ${runs}: ${own} kills, ${kills} in all; ${same ? 'same bytes' : 'DIFFERENT'}`);
    if (!same) process.exitCode = 1;
  }
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
if (skipped > 0) process.exitCode = 1;
console.log(
  `${kills} kills in ${runs} runs: ${total.starting} while a run started, ${total.before} before the first checkpoint, ` +
    `${total.during} while one was written, ${total.between} between two; ${total.compiled} starts with compiled steps, ` +
    `${total.eager} without; ${skipped} unreadable checkpoints`,
);
console.log(
  process.exitCode === 1
    ? 'NOT all the same'
    : 'every run ended with the bytes of the one that nobody killed',
);
