/**
 * Writes docs/optimizers.md, docs/schedulers.md, and the table in this package's README.md between its two markers, all of
 * them from the fixtures and the tables beside this file. docs.test.ts holds the files to it.
 *
 *     npx tsx test/generate/docs.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { optimizerRows, optimizersText } from './optimizer-table.ts';
import { schedulerRows, schedulersText } from './scheduler-table.ts';

const readme = new URL('../../README.md', import.meta.url);

const table = `| PyTorch | lr-core | exactness |
| --- | --- | --- |
${[...optimizerRows, ...schedulerRows].map((row) => `| ${row.join(' | ')} |`).join('\n')}`;

const MARKED = /(<!-- table: test\/generate\/docs.ts -->\n).*(\n<!-- end -->)/s;

const texts: [path: URL, text: string][] = [
  [new URL('../../../../docs/optimizers.md', import.meta.url), optimizersText],
  [new URL('../../../../docs/schedulers.md', import.meta.url), schedulersText],
  [readme, readFileSync(readme, 'utf8').replace(MARKED, (_, start, end) => `${start}\n${table}\n${end}`)],
];

/** Each file, and what is to be in it. */
export const documents = await Promise.all(
  texts.map(async ([path, text]) => {
    const options = await resolveConfig(path);
    return { path: fileURLToPath(path), text: await format(text, { ...options, parser: 'markdown' }) };
  }),
);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of documents) writeFileSync(path, text);
}
