/**
 * The examples in README.md and in the docstrings, but for those of the optimizers, run as they stand, with the package's names in
 * scope instead of an import.
 */
import { readdirSync, readFileSync } from 'node:fs';
import typescript from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';

const source = new URL('../src/', import.meta.url);
const files = [
  '../README.md',
  'accumulation.ts',
  'averaging.ts',
  'layerwise.ts',
  'optimizer.ts',
  'param.ts',
  'schedule.ts',
  'scheduler.ts',
  ...readdirSync(new URL('schedulers/', source)).map((name) => `schedulers/${name}`),
];

/** The ```ts blocks of a file, without the asterisks. */
function examplesOf(file: string): string[] {
  const text = readFileSync(new URL(file, source), 'utf8').replaceAll(
    /^ \* ?|^import .* from '@org\/lr-core';$/gm,
    '',
  );
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!);
}

const examples = files.flatMap((file) => examplesOf(file).map((code) => [file, code] as const));

beforeAll(() => void core.setWarningHandler(() => {}));
afterAll(() => void core.setWarningHandler(null));

test('every scheduler has an example', () => {
  for (const name of core.scheduleTypes) {
    expect(
      examples.some(([, code]) => code.includes(`new ${name}(`)),
      name,
    ).toBe(true);
  }
});

describe('the example runs', () => {
  test.each(examples)('%s', (_, code) => {
    const script = typescript.transpileModule(`{\n${code}\n}`, {
      compilerOptions: { target: typescript.ScriptTarget.ES2022 },
    }).outputText;
    const optimizer = new core.SGD([new core.Param([1])], { lr: 0.1 });
    const run = new Function('optimizer', ...Object.keys(core), script);
    expect(() => run(optimizer, ...Object.values(core)) as unknown).not.toThrow();
  });
});
