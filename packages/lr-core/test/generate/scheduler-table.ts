/**
 * The text of docs/schedulers.md: each scheduler's name in PyTorch and here, how exact it is, and where it is mended. The
 * figures are those of fixtures/schedulers.json; that the curves hold is the business of scheduler-fixtures.test.ts.
 */
import { readFileSync } from 'node:fs';
import { scheduleTypes } from '../../src/index.ts';
import type { Case } from '../scheduler-curve.ts';

const ARITHMETIC = 'arithmetic';
const ROUNDED = 'rounded';
const YOURS = "the function's";

/** PyTorch's name, and the class of exactness. */
const SCHEDULERS: Record<string, [theirs: string, exactness: string]> = {
  LambdaLR: ['lr_scheduler.LambdaLR', YOURS],
  MultiplicativeLR: ['lr_scheduler.MultiplicativeLR', YOURS],
  StepLR: ['lr_scheduler.StepLR', ARITHMETIC],
  MultiStepLR: ['lr_scheduler.MultiStepLR', `${ARITHMETIC}; ${ROUNDED} where milestones repeat`],
  ConstantLR: ['lr_scheduler.ConstantLR', ARITHMETIC],
  LinearLR: ['lr_scheduler.LinearLR', ARITHMETIC],
  ExponentialLR: ['lr_scheduler.ExponentialLR', ARITHMETIC],
  PolynomialLR: ['lr_scheduler.PolynomialLR', ROUNDED],
  CosineAnnealingLR: ['lr_scheduler.CosineAnnealingLR', ROUNDED],
  CosineAnnealingWarmRestarts: ['lr_scheduler.CosineAnnealingWarmRestarts', ROUNDED],
  CyclicLR: ['lr_scheduler.CyclicLR', `${ARITHMETIC}; ${ROUNDED} with exp_range`],
  OneCycleLR: ['lr_scheduler.OneCycleLR', `${ROUNDED}; ${ARITHMETIC} with linear`],
  ReduceLROnPlateau: ['lr_scheduler.ReduceLROnPlateau', ARITHMETIC],
  SequentialLR: ['lr_scheduler.SequentialLR', 'that of its schedulers'],
  ChainedScheduler: ['lr_scheduler.ChainedScheduler', 'that of its schedulers'],
  SWALR: ['swa_utils.SWALR', `${ROUNDED}; ${ARITHMETIC} with linear`],
  HuggingFaceLR: ['transformers get_scheduler', ROUNDED],
  NoamLR: ['The Annotated Transformer, `rate`', ROUNDED],
};

const issue = (...numbers: number[]): string =>
  numbers.map((number) => `[#${number}](https://github.com/pytorch/pytorch/issues/${number})`).join(', ');

const DIFFERENCES: [theirs: string, ours: string, issue: string][] = [
  [
    'A scheduler constructed after the optimizer is loaded resets the learning rate, and its own `load_state_dict` does not bring it back.',
    '`stateDict` holds the scheduled values of the groups; `loadStateDict` restores them, whatever was constructed and loaded in which order.',
    issue(65342, 119168, 29697),
  ],
  [
    '`last_epoch` applies a milestone of StepLR, MultiStepLR and ConstantLR twice, forgets the cycle length of CosineAnnealingWarmRestarts and the place of SWALR.',
    '`lastEpoch` goes on where the run stopped.',
    issue(60265, 88791),
  ],
  [
    '`SequentialLR(last_epoch=n)` starts the first scheduler again.',
    'It goes through the schedule up to epoch n + 1, whatever the values of the groups are.',
    issue(162591),
  ],
  [
    'SequentialLR and ChainedScheduler refuse ReduceLROnPlateau.',
    'They take it; `step(metric)` passes the metric on.',
    issue(68978, 110761),
  ],
  [
    'A SequentialLR or ChainedScheduler inside a SequentialLR takes a step too many, or raises NotImplementedError.',
    'It begins at its epoch 0.',
    '',
  ],
  [
    'Loading a OneCycleLR of other `total_steps` goes back to the saved number, and fails when its steps are used up.',
    'An error that names `extendTotalSteps`, with which the run goes on along the new curve.',
    '',
  ],
  [
    'A step that a gradient scaler skips advances the schedule, with a wrong warning.',
    'After `optimizer.skipStep()` schedulers neither advance nor warn.',
    issue(44511, 55585),
  ],
  [
    'CosineAnnealingWarmRestarts finds the cycle by a logarithm, and misses restarts: epoch 121 with T_mult 3.',
    'It counts.',
    '',
  ],
  [
    'Step sizes, factors and periods are hardly checked; some give ZeroDivisionError later.',
    'Every option is checked at the construction, and what only a later step can show is a RangeError. A step that throws changes nothing.',
    '',
  ],
  [
    'Infinity in the state of ReduceLROnPlateau does not survive JSON.',
    'It does: as the string `Infinity`.',
    '',
  ],
  ['Only the learning rate can be scheduled.', '`parameter` names any hyper-parameter.', ''],
];

const fixture = JSON.parse(readFileSync(new URL('../fixtures/schedulers.json', import.meta.url), 'utf8')) as {
  torch: string;
  libc: string;
  cases: Case[];
};

const missing = scheduleTypes.filter((type) => !(type in SCHEDULERS));
if (missing.length > 0) throw new Error(`no row for ${missing.join(', ')}`);

const count = (cases: Case[], of: (one: Case) => number): string =>
  cases.reduce((sum, one) => sum + of(one), 0).toLocaleString('en');
const doubles = ({ steps, lrs }: Case): number => steps * 2 * lrs.length;

/** PyTorch's name | ours | exactness */
export const schedulerRows = Object.entries(SCHEDULERS).map(([name, [theirs, exactness]]) => {
  const source = theirs.includes(' ') ? theirs : `\`torch.optim.${theirs}\``;
  return [source, `\`${name}\``, exactness];
});

const rows = Object.keys(SCHEDULERS).map((name, i) => {
  const cases = fixture.cases.filter(({ schedule }) => schedule.type === name);
  const figures = [cases.length, count(cases, doubles), count(cases, ({ libm }) => libm)];
  return `| ${[...schedulerRows[i]!, ...figures].join(' | ')} |`;
});

export const schedulersText = `# Schedulers

Written by \`packages/lr-core/test/generate/docs.ts\`; do not edit.

Learning rates and momenta are doubles, computed in PyTorch's order of operations. What that makes them:

- **${ARITHMETIC}**: additions, multiplications, divisions. The bits of PyTorch everywhere.
- **${ROUNDED}**: also cosines or powers, each correctly rounded (\`exactMath\`). The bits of PyTorch wherever its C library
  rounds correctly, which it nearly always does; where it does not, PyTorch has other bits on other machines. The same bits in
  every JavaScript engine, which \`Math.cos\` and \`**\` do not give.
- **${YOURS}**: one multiplication beside what the function does. Take \`exactMath.pow\` and \`exactMath.cos\` in it for
  PyTorch's bits: \`0.9 ** 4\` is 0.6561000000000001 in V8 and 0.6561 in PyTorch.

The tests hold every one of the ${count(fixture.cases, doubles)} doubles of ${fixture.cases.length} cases (${fixture.torch}, up to 1,000
steps, several groups, random options) to PyTorch's on a correctly rounding C library. The last column counts those that
come out otherwise with ${fixture.libc}: here and there it misrounds a cosine or a power, and a recursion carries that on. No
value differs by more than ${Math.max(...fixture.cases.map(({ libmError }) => libmError)).toExponential(1)} of the curve's largest.
\`node scripts/engines.mjs\` compares one SHA-256 over all of them in Node 20, 22 and 24 and in Chromium.

| PyTorch | lr-core | exactness | cases | doubles | of these the C library differs |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Options are PyTorch's in camelCase (\`T_max\` is \`tMax\`, \`T_0\` is \`t0\`, \`T_mult\` is \`tMult\`), with its defaults.

## Closed forms

\`scheduler.at(step)\` computes the value of a step from the base values alone. It is what \`step(epoch)\` jumps to, and another
function than the one that \`step()\` iterates: it differs in the last bits, and does not see changes made to the groups.
MultiplicativeLR, ReduceLROnPlateau, SWALR and ChainedScheduler have none.

## Schedules as data

\`createScheduler(optimizer, { type: 'StepLR', stepSize: { epochs: 30 } }, { stepsPerEpoch: 500 })\` takes what
\`JSON.stringify(scheduler)\` gives; \`preview(schedule, { steps, baseLr })\` computes the values without an optimizer;
\`withWarmup(schedule, { duration: { ratio: 0.1 } })\` puts a warmup before it; \`getScheduler(name, optimizer, …)\` knows the
names of Hugging Face Transformers. Functions go by names given to \`registerLambda\`; text is never evaluated.

## Where PyTorch is mended

| PyTorch 2.13 | lr-core | issue |
| --- | --- | --- |
${DIFFERENCES.map((row) => `| ${row.join(' | ')} |`).join('\n')}

## Where PyTorch surprises, and is followed

- SequentialLR sets the learning rate back to \`initialLr\`, and at a milestone the next scheduler begins from there (but
  MultiplicativeLR and SWALR go on from the current one).
- OneCycleLR inside SequentialLR overwrites the \`initialLr\` that its siblings start from; a CyclicLR constructed after another
  scheduler takes its first value from that one's \`initialLr\`.
- OneCycleLR lets one step more than its last pass, and goes up again.
- \`totalIters\` 0: ConstantLR and LinearLR keep the reduced learning rate for ever, PolynomialLR never decays.
- LinearLR to \`endFactor\` 0 may end at -1e-17 by rounding, and stays there.
- ReduceLROnPlateau in \`rel\` mode with negative metrics has its threshold on the wrong side: use \`abs\`.
- An \`initialLr\` that the groups have, from an earlier scheduler or a loaded state, is what a new scheduler starts from.

## Speed

A step of ten groups takes 0.02 to 0.5 µs on one Zen 5 core (\`npm run bench -w @org/lr-core\`, which measures every scheduler and
what its steps allocate). Steps allocate no objects. What the heap still grows by, up to 60 bytes a step on average, is BigInts
that decide how one in thousands of cosines or powers is rounded, and in HuggingFaceLR a number that V8 boxes for the call of
the schedule's function.
`;
