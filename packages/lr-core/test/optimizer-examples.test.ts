/** The examples in the docstrings of the optimizers run, and give what their comments say. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as core from '../src/index.ts';

const directory = new URL('../src/optimizers/', import.meta.url);
const examples = readdirSync(directory).flatMap((file) => {
  const source = readFileSync(new URL(file, directory), 'utf8');
  return [...source.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => [
    file,
    code!.replaceAll(/^ ?\* ?/gm, ''),
  ]);
}) as [string, string][];

test('every optimizer has one', () => {
  expect(new Set(examples.map(([file]) => file)).size).toBe(20);
});

test.each(examples)('%s', (_file, code) => {
  const names = Object.keys(core);
  const run = new Function(...names, `${code}\nreturn typeof p === 'undefined' ? table : p;`);
  const { data } = run(...names.map((name) => core[name as keyof typeof core])) as core.Param;
  expect(data.every(Number.isFinite)).toBe(true);
  const claim = /\/\/ (?:p\.data|row 2) is (?:the average, )?(?:about )?\[(.*?)\]/.exec(code);
  if (claim === null) return;
  const want = claim[1]!.split(',').map(Number);
  const got = code.includes('row 2') ? data.subarray(4, 6) : data;
  want.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 3));
});
