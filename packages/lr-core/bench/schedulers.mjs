/**
 * How long `step()` of each scheduler takes with 10 groups, and what it allocates: node bench/schedulers.mjs
 *
 * Each scheduler has a process of its own, as a program has one or two. Time per step: over 300 runs of 2,000 steps,
 * short enough to end between two interruptions, the first decile (what the code takes) and the median (what the machine
 * made of it). The verdict is on the first decile. Bytes: the growth of the heap per step in a warm run, without a
 * collection. Where an engine does not inline a call it boxes a double that the call takes or returns; and about once in
 * thousands of cosines and powers, BigInts decide how to round. That is all there is.
 */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import * as core from '../dist/index.js';

const GROUPS = 10;
const STEPS = 2_000;
const RUNS = 300;
/** Runs whose allocations are counted, and a young generation that holds them. */
const LONG_RUN = 50;
const NO_COLLECTION = ['--min-semi-space-size=128', '--max-semi-space-size=128'];

core.setWarningHandler(() => {});
core.registerLambda('decay', (epoch) => 1 / (epoch + 1));

const schedules = [
  { type: 'LambdaLR', lrLambda: 'decay' },
  { type: 'MultiplicativeLR', lrLambda: 'decay' },
  { type: 'StepLR', stepSize: 30 },
  { type: 'MultiStepLR', milestones: [30, 80, 1000], gamma: 0.9 },
  { type: 'ConstantLR', totalIters: 1000 },
  { type: 'LinearLR', totalIters: 200_000 },
  { type: 'ExponentialLR', gamma: 0.9999 },
  { type: 'PolynomialLR', totalIters: 200_000, power: 0.9 },
  { type: 'CosineAnnealingLR', tMax: 200_000 },
  { type: 'CosineAnnealingWarmRestarts', t0: 100, tMult: 2 },
  { type: 'CyclicLR', baseLr: 0.001, maxLr: 0.1, stepSizeUp: 200, mode: 'exp_range', gamma: 0.9999 },
  { type: 'OneCycleLR', maxLr: 0.1, totalSteps: 200_000 },
  { type: 'ReduceLROnPlateau', patience: 100 },
  { type: 'SWALR', swaLr: 0.05, annealEpochs: 200_000 },
  {
    type: 'SequentialLR',
    schedulers: [
      { type: 'LinearLR', totalIters: 100 },
      { type: 'CosineAnnealingLR', tMax: 200_000 },
    ],
    milestones: [100],
  },
  {
    type: 'ChainedScheduler',
    schedulers: [
      { type: 'LinearLR', totalIters: 100 },
      { type: 'ExponentialLR', gamma: 0.9999 },
    ],
  },
  { type: 'HuggingFaceLR', name: 'cosine', numWarmupSteps: 100, numTrainingSteps: 200_000 },
  { type: 'NoamLR', modelSize: 512, warmupSteps: 4000 },
];

function start(schedule) {
  const groups = Array.from({ length: GROUPS }, (_, i) => ({
    params: [new core.Param([0])],
    lr: 0.1 / (i + 1),
  }));
  const optimizer = new core.SGD(groups, { lr: 0.1, momentum: 0.9 });
  optimizer.step();
  return core.createScheduler(optimizer, schedule);
}

function run(scheduler, metric) {
  const from = performance.now();
  for (let i = 0; i < STEPS; i++) scheduler.step(metric);
  return ((performance.now() - from) * 1000) / STEPS;
}

/** Prints one line. */
function measure(schedule) {
  const metric = schedule.type === 'ReduceLROnPlateau' ? 1 : undefined;
  const times = Array.from({ length: RUNS }, () => run(start(schedule), metric)).sort((a, b) => a - b);
  const scheduler = start(schedule);
  run(scheduler, metric);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < LONG_RUN; i++) run(scheduler, metric);
  const bytes = (process.memoryUsage().heapUsed - before) / (LONG_RUN * STEPS);
  const [time, median] = [times[RUNS / 10], times[RUNS / 2]];
  const figures = `${time.toFixed(3)} µs, median ${median.toFixed(3)} µs, ${bytes.toFixed(0)} bytes`;
  console.log(`${schedule.type.padEnd(28)} ${figures}`);
  process.exitCode = time <= 1 ? 0 : 3;
}

const [, script, type] = process.argv;
if (type !== undefined) {
  measure(schedules.find((schedule) => schedule.type === type));
} else {
  const codes = schedules.map((schedule) => {
    return spawnSync(process.execPath, [...NO_COLLECTION, script, schedule.type], { stdio: 'inherit' })
      .status;
  });
  const slow = codes.filter((code) => code !== 0).length;
  console.log(slow === 0 ? 'all within 1 µs' : `${slow} above 1 µs`);
}
