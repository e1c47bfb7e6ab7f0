/** Configs that are wrong in every way that chance finds. LR_FUZZ is how many; without it, a few hundred. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../src/config.ts';
import { UsageError } from '../src/errors.ts';

const RUNS = Number(process.env['LR_FUZZ'] || 300);
const folder = mkdtempSync(join(tmpdir(), 'lr-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'config.json');

const valid = {
  seed: 1,
  epochs: 3,
  batchSize: 8,
  data: { type: 'npy', x: 'x.npy', y: 'y.npy', mean: [0.5], limit: 10 },
  model: [
    { type: 'Conv2d', inChannels: 1, outChannels: 4, kernelSize: [3, 3], padding: 'same' },
    { type: 'Sequential', modules: [{ type: 'BatchNorm2d', numFeatures: 4 }, { type: 'ReLU' }] },
    { type: 'Flatten' },
    { type: 'Linear', inFeatures: 784, outFeatures: 10 },
  ],
  loss: { type: 'CrossEntropyLoss', weight: [1, 2] },
  optimizer: { type: 'Adam', lr: 0.001, betas: [0.9, 0.99] },
  scheduler: [
    {
      type: 'SequentialLR',
      schedulers: [{ type: 'StepLR', stepSize: 3 }],
      milestones: [2],
      interval: 'step',
    },
  ],
  checkpoint: { everySteps: 5, keep: 2, best: 'valLoss' },
};
const text = JSON.stringify(valid);

const key = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'type',
  'lr',
  'modules',
  'prototype',
  '',
  'ü',
);
const value = fc.oneof(
  fc.constantFrom(
    '-1',
    '0',
    '1e308',
    '1e999',
    '9007199254740993',
    'null',
    'true',
    '"Linear"',
    '[]',
    '{}',
    '""',
    '-0',
  ),
  fc.constantFrom(
    '{"__proto__":{"polluted":1}}',
    '{"type":"__proto__"}',
    '{"type":"constructor"}',
    '[[[[]]]]',
  ),
  fc.json({ maxDepth: 3 }),
);
/** Where a JSON value begins or a key stands in the text above. */
const places = [...text.matchAll(/(?<=[:[,])(?:"[^"]*"|[\d.]+|\{|\[)/g)].map(({ index, 0: token }) => ({
  index,
  token,
}));
const keys = [...text.matchAll(/"[^"]*"(?=:)/g)].map(({ index, 0: token }) => ({ index, token }));
const put = (at: { index: number; token: string }, by: string): string =>
  text.slice(0, at.index) + by + text.slice(at.index + at.token.length);

const configs = fc.oneof(
  fc
    .tuple(fc.constantFrom(...places), value)
    .map(([at, by]) => put(at, /[{[]/.test(at.token) ? `${by},${at.token}` : by)),
  fc.tuple(fc.constantFrom(...keys), key).map(([at, by]) => put(at, JSON.stringify(by))),
  fc
    .tuple(fc.constantFrom(...keys), key, value)
    .map(([at, name, by]) => put(at, `${JSON.stringify(name)}:${by},${at.token}`)),
  fc
    .tuple(fc.nat(text.length), fc.nat(9), fc.string({ maxLength: 5 }))
    .map(([at, cut, by]) => text.slice(0, at) + by + text.slice(at + cut)),
  fc.json({ maxDepth: 5 }),
);

describe(`${RUNS} malformed configs`, { timeout: 120_000 + 200 * RUNS }, () => {
  it('are read, or refused with every line naming the file and the place', () => {
    const kept = [
      '{"__proto__":1}',
      '[]',
      'null',
      '{"scheduler":{"__proto__":[]}}',
      '{"data":{"type":"__proto__"}}',
      '{"model":[{"type":"constructor"}]}',
    ];
    let refused = 0;
    fc.assert(
      fc.property(configs, (json) => {
        writeFileSync(file, json);
        const before = process.cpuUsage();
        try {
          loadConfig(file);
        } catch (error) {
          refused++;
          expect(error).toBeInstanceOf(UsageError);
          for (const line of (error as Error).message.split('\n'))
            expect(line.startsWith(`${file}: `)).toBe(true);
        }
        const { user, system } = process.cpuUsage(before);
        expect(user + system).toBeLessThan(1e6);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: RUNS, examples: kept.map((json) => [json]) },
    );
    expect(refused).toBeGreaterThan(RUNS / 2);
  });

  it('a key of the prototype is a mistake like any other, and changes nothing', () => {
    const json: unknown = JSON.parse(
      text.replace('"lr":0.001', '"lr":0.001,"__proto__":{"lr":5,"polluted":1}'),
    );
    expect(() => parseConfig(json)).toThrow(/optimizer\.__proto__: unknown option/);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('deep nesting is refused, not followed to the end of the stack', () => {
    const deep = `${'{"type":"Sequential","modules":['.repeat(20_000)}${']}'.repeat(20_000)}`;
    writeFileSync(file, text.replace('{"type":"Flatten"}', deep));
    expect(() => loadConfig(file)).toThrow(UsageError);
  });
});
