/**
 * Writes docs/optimizers.md: what each optimizer's results differ by from PyTorch's, measured on the fixture.
 *
 *     npx tsx test/generate/optimizer-table.ts
 */
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { caseError, fixtures, optimizerClass } from '../optimizer-fixtures.ts';
import { Param } from '../../src/index.ts';

const IN_PYTORCH = new Set(
  'Adadelta Adafactor Adagrad Adam AdamW Adamax ASGD LBFGS Muon NAdam RAdam RMSprop Rprop SGD SparseAdam'.split(' '),
);

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

const rows = [...errors]
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([name, each]) => {
    const oracle = IN_PYTORCH.has(name) ? `\`torch.optim.${name}\`` : "the paper's formulas";
    const worst = Math.max(...each).toExponential(1);
    return `| \`${name}\` | ${oracle} | ${each.length} | ${worst} | ${defaultsOf(name)} |`;
  });

const { versions, steps } = fixtures;
const text = `# Optimizers

Written by \`packages/lr-core/test/generate/optimizer-table.ts\`; do not edit.

The largest error is the largest difference of a parameter from PyTorch ${versions['torch']}'s after ${steps} steps, over
\`max(1, |x|)\`, in all cases of \`packages/lr-core/test/fixtures/optimizers.json\`: combinations of options over several
shapes, null gradients, two groups, and every configuration of PyTorch's own tests. PyTorch ran its for-loop in float32,
which itself rounds differently in the vectorised body and in the tail of a tensor. The tests hold every optimizer to
4e-6.

LBFGS ran 5 steps on functions instead of given gradients; it is held to 1e-3, since line searches amplify rounding.
Muon is compared with an iteration in float32, where PyTorch takes bfloat16.

| optimizer | compared with | cases | largest error | options and defaults |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
const path = new URL('../../../../docs/optimizers.md', import.meta.url);
writeFileSync(path, await format(text, { ...(await resolveConfig(path)), parser: 'markdown' }));
