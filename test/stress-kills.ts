/**
 * Kills `lr train --resume` at random moments until there were that many kills, and holds the weights of every run that
 * came through against those of a run that nobody killed.
 *
 *     npx tsx test/stress-kills.ts [kills, default 200] [seed, default 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FRAGILE, killUntilDone, randomFrom, undisturbed } from './kills.ts';

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
let kills = 0;
let inTraining = 0;
let skipped = 0;
let runs = 0;
try {
  while (kills < wanted) {
    const config = { ...FRAGILE, scheduler: SCHEDULERS[runs % SCHEDULERS.length] };
    rmSync(join(cwd, 'whole-checkpoints'), { recursive: true, force: true });
    const whole = undisturbed(cwd, config);
    const outcome = await killUntilDone(cwd, config, { ...whole, most: wanted - kills, random });
    kills += outcome.kills;
    inTraining += outcome.inTraining;
    skipped += outcome.skipped;
    runs++;
    console.log(
      `run ${runs}: ${outcome.kills} kills, ${kills} in all; ${outcome.sha256 === whole.sha256 ? 'same bytes' : 'DIFFERENT'}`,
    );
    if (outcome.sha256 !== whole.sha256) process.exitCode = 1;
  }
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
if (skipped > 0) process.exitCode = 1;
console.log(
  `${kills} kills (${inTraining} while it took steps), ${runs} runs, ${skipped} unreadable checkpoints, ` +
    (process.exitCode === 1
      ? 'NOT all the same'
      : 'every run ended with the bytes of the one that nobody killed'),
);
