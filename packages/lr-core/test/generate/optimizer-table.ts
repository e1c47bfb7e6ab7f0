/** The text of docs/optimizers.md: what each optimizer's results differ by from PyTorch's, measured on the fixture. */
import { caseError, fixtures, optimizerClass } from '../optimizer-fixtures.ts';
import { Param } from '../../src/index.ts';

const IN_PYTORCH = new Set(
  'Adadelta Adafactor Adagrad Adam AdamW Adamax ASGD LBFGS Muon NAdam RAdam RMSprop Rprop SGD SparseAdam'.split(
    ' ',
  ),
);

const pytorch = (...issues: number[]): string =>
  issues.map((issue) => `[#${issue}](https://github.com/pytorch/pytorch/issues/${issue})`).join(', ');

const DIFFERENCES: [theirs: string, ours: string, issue: string][] = [
  [
    'State dicts hold the live tensors: a later step changes a saved dict, and two optimizers share what one loads.',
    '`stateDict` and `loadStateDict` copy.',
    pytorch(196083),
  ],
  [
    "Loading another optimizer's state dict, or buffers of other shapes, fails at the next step or never.",
    '`loadStateDict` checks class, options, keys and lengths before it changes anything.',
    pytorch(7499, 23070),
  ],
  [
    'State is matched by position only; there is no partial load.',
    '`namedStateDict` and `loadNamedStateDict` go by name, strictly or not, and report what did not match.',
    pytorch(1489, 34660),
  ],
  [
    'A step that a gradient scaler skips is unknown to the scheduler, which warns and goes on.',
    '`optimizer.skipStep()`, in a closure or instead of a step: schedulers neither advance nor warn.',
    pytorch(44511, 55585),
  ],
  ["The caller's group objects are filled in.", 'Groups are copies.', pytorch(51794)],
  [
    "A group's own hyper-parameters are not checked, and SGD takes NaN.",
    "Groups and loaded options are checked as the constructor's; NaN is an error everywhere.",
    '',
  ],
  [
    'Switching on `amsgrad`, `centered` or momentum after the first step is a KeyError.',
    'The buffer begins with zeros.',
    '',
  ],
  ["Adagrad ignores a group's own `initialAccumulatorValue`.", 'It counts.', ''],
  ['LBFGS takes a second group and fails at the next step.', 'It refuses the group.', ''],
  [
    'A closure that throws leaves LBFGS in the middle of a line search.',
    'Parameters and state are restored.',
    '',
  ],
  ['`clip_grad_value_` without any gradient raises.', '`clipGradValue` does nothing.', ''],
  ['A negative `maxNorm` turns gradients round.', 'It is an error.', ''],
];

const errors = new Map<string, number[]>();
for (const fixture of fixtures.cases) {
  errors.set(fixture.optimizer, [...(errors.get(fixture.optimizer) ?? []), caseError(fixture)]);
}

function defaultsOf(name: string): string {
  const { defaults } = new (optimizerClass(name))([new Param([0], [1, 1])]);
  return Object.entries(defaults)
    .map(([key, value]) => `\`${key}\` ${JSON.stringify(value)}`)
    .join(', ');
}

const measured = [...errors]
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([name, each]) => ({
    name,
    oracle: IN_PYTORCH.has(name) ? `\`torch.optim.${name}\`` : "the paper's formulas",
    cases: each.length,
    worst: Math.max(...each).toExponential(1),
  }));

/** PyTorch's name | ours | exactness */
export const optimizerRows = measured.map(({ name, oracle, worst }) => [
  oracle,
  `\`${name}\``,
  `error ${worst}`,
]);

const rows = measured.map(
  ({ name, oracle, cases, worst }) =>
    `| \`${name}\` | ${oracle} | ${cases} | ${worst} | ${defaultsOf(name)} |`,
);

const { versions, steps } = fixtures;
export const optimizersText = `# Optimizers

Written by \`packages/lr-core/test/generate/docs.ts\`; do not edit.

The largest error is the largest difference of a parameter from PyTorch ${versions['torch']}'s after ${steps} steps, over
\`max(1, |x|)\`, in all cases of \`packages/lr-core/test/fixtures/optimizers.json\`: combinations of options over several
shapes, null gradients, two groups, and every configuration of PyTorch's own tests. PyTorch ran its for-loop in float32,
which itself rounds differently in the vectorised body and in the tail of a tensor. The tests hold every optimizer to
4e-6.

LBFGS ran 5 steps on functions instead of given gradients; it is held to 1e-3, since line searches amplify rounding.
Muon is compared with an iteration in float32, where PyTorch takes bfloat16.

With \`betas[1]\` 0 and a coupled weight decay the update divides by the gradient of this step alone, so that where penalty and
gradient cancel it is as large as their rounding: PyTorch's own float32 then differs from its float64 (by 8e-4 in one case).

| optimizer | compared with | cases | largest error | options and defaults |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Where they differ from PyTorch, on purpose

| PyTorch | here | reported as |
| --- | --- | --- |
${DIFFERENCES.map((row) => `| ${row.join(' | ')} |`).join('\n')}

As in PyTorch, and surprising: \`Rprop\` takes no notice of \`lr\` after its first step; \`ASGD\` acts on a changed \`lr\` one
step late; Adam's \`amsgrad\` takes the maximum before the bias correction; SGD does not dampen the first momentum buffer;
SparseAdam adds \`eps\` before the bias correction, Adam after it; \`LBFGS.step\` returns the loss before the
step; a zero gradient still moves parameters that have momentum or weight decay, a null gradient does not.

## Speed

The TypeScript kernels run as WebAssembly, with vectors of 128 bits, on one thread. On 2^20 parameters each of the 16 kinds other than
Adafactor and Muon takes 2.0 to 2.9 times as long as its native kernel on one thread of AVX2 (256 bits), and 2.2 to 4.6 times as long
as on AVX-512, where the kinds that divide and take roots do four times as many at once and are bound by nothing else (Adagrad
4.6, Adadelta and NAdam 4.1, Adam 3.2, SGD 2.6): \`npx tsx bench/step-kernels.ts\` with \`LR_CPU\` avx2 and avx512, the fastest of
81 rounds each, on a Zen 5. State arrays of 16,384
elements and more live in WebAssembly memory, where the kernels need no copies of them; so its \`Float32Array\`s share buffers:
send \`stateDict()\`, not state, to other threads.

A step of Muon and of Adafactor on one matrix of 1024 by 1024, with AVX-512 on that machine, the fastest of 15 (TypeScript: of 3); PyTorch's Muon
computes its products in bfloat16, ours in double:

| milliseconds | TypeScript | native, 1 thread | 2 threads | PyTorch, 1 thread | 2 threads |
| --- | --- | --- | --- | --- | --- |
| \`Muon\` | 13,405 | 357 | 180 | 97 | 58 |
| \`Adafactor\` | 28 | 1.0 | 0.5 | 6.4 | 4.7 |
`;
