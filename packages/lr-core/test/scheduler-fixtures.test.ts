import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import * as core from '../src/index.ts';
import { curveOf, registerLambdas, type Case } from './scheduler-curve.ts';

const { cases, sha256 } = JSON.parse(
  readFileSync(new URL('./fixtures/schedulers.json', import.meta.url), 'utf8'),
) as { cases: Case[]; sha256: string };

const hex64 = (x: number): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(x);
  return bytes.toString('hex');
};

const kindOf = ({ schedule, epochs }: Case): string =>
  epochs === undefined ? schedule.type : `${schedule.type}.step(epoch)`;
const kinds = [...new Set(cases.map(kindOf))];

beforeAll(() => {
  registerLambdas(core);
  core.setWarningHandler(() => {});
});
afterAll(() => void core.setWarningHandler(null));

describe.each(kinds)('%s has the bits of PyTorch', (kind) => {
  const mine = cases.filter((fixture) => kindOf(fixture) === kind);
  it.each(
    mine.map((fixture) => [JSON.stringify({ ...fixture.schedule, type: undefined }), fixture] as const),
  )('%s', (_, fixture) => {
    const curve = curveOf(core, fixture);
    const width = 2 * fixture.lrs.length;
    for (const [step, expected] of Object.entries(fixture.samples)) {
      const from = Number(step) * width;
      expect([...curve.subarray(from, from + width)].map(hex64), `step ${step}`).toEqual(expected);
    }
    const bytes = Buffer.from(curve.buffer);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(fixture.sha256);
  });
});

test('all curves together have one SHA-256, that of every engine (scripts/engines.mjs)', () => {
  const hash = createHash('sha256');
  for (const fixture of cases) hash.update(Buffer.from(curveOf(core, fixture).buffer));
  expect(hash.digest('hex')).toBe(sha256);
});
