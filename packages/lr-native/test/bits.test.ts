/**
 * Values and gradients of every op fixture have the same bits for any number of threads, on every instruction set; on a
 * device, in every run.
 */
import { createHash } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { addon } from '../src/addon.ts';
import { hostOf } from '../src/device-array.ts';
import { bytesOf } from '../src/dtype.ts';
import type { ArrayOf, DType } from '../src/dtype.ts';
import { getNumThreads, setNumThreads } from '../src/index.ts';
import { onCpu } from './on-cpu.ts';
import { opFixtures, runCase } from './op-fixtures.ts';

const THREADS = onCpu ? [1, 2, 3, 8] : [1, 2];
const { table: chosen, tables: all } = addon.cpuInfo();
const tables = onCpu ? all : [chosen];
const threads = getNumThreads();
afterAll(() => {
  addon.selectCpu(chosen);
  setNumThreads(threads);
});

/** One NaN for all: instruction sets differ in their signs. */
function canonical(values: ArrayOf[DType]): ArrayOf[DType] {
  return values instanceof Float32Array ? values.map((value) => (value === value ? value : NaN)) : values;
}

const fixtures = opFixtures().flatMap(([, cases]) => cases);

function hashOfAll(): string {
  const hash = createHash('sha256');
  for (const fixture of fixtures) {
    const [inputs, y] = runCase(fixture);
    for (const values of [y.data, ...inputs.flatMap(({ grad }) => grad ?? [])]) {
      hash.update(bytesOf(canonical(hostOf(values as ArrayOf[DType]))));
    }
  }
  return hash.digest('hex');
}

const hashes = new Map<string, string>();

it.each(tables.flatMap((table) => THREADS.map((count) => [table, count] as const)))(
  '%s with %i threads',
  (table, count) => {
    addon.selectCpu(table);
    setNumThreads(count);
    const hash = hashOfAll();
    if (!hashes.has(table)) hashes.set(table, hash);
    expect(hash).toBe(hashes.get(table));
  },
);

it('has one hash for all tables with fused multiply-add', () => {
  console.log([...hashes].map(([table, hash]) => `${table} ${hash.slice(0, 16)}`).join('\n'));
  expect([...hashes.keys()]).toEqual(tables);
  const fused = tables.filter((table) => table !== 'baseline').map((table) => hashes.get(table));
  expect(new Set(fused).size).toBeLessThanOrEqual(1);
});
