/** Wrong calls of every op and module. A new one needs a row: its family's table. */
import { describe, expect, it } from 'vitest';
import { F, nn } from '../../src/index.ts';
import { ACTIVATIONS_ORDER, MODULES_BY_FUNCTION } from './activations-order.ts';
import { CONV_POOL_LOSS } from './conv-pool-loss.ts';
import { ELEMENTWISE_SHAPES } from './elementwise-shapes.ts';
import { FIRST_OPS } from './first-ops.ts';
import { MODULES } from './modules.ts';
import { REDUCTIONS_NORMS } from './reductions-norms.ts';
import type { WrongCall } from './wrong-calls.ts';

const TABLES: Record<string, readonly WrongCall[]> = {
  'first ops': FIRST_OPS,
  'convolutions, pooling, losses, products': CONV_POOL_LOSS,
  'elementwise and shapes': ELEMENTWISE_SHAPES,
  'reductions and norms': REDUCTIONS_NORMS,
  'activations and order': ACTIVATIONS_ORDER,
  modules: MODULES,
};

describe.each(Object.entries(TABLES))('wrong calls of %s', (_, rows) => {
  it.each(rows.map(([call, type, text]) => [text, call, type] as const))('%s', (text, call, type) => {
    expect(call).toThrow(text);
    expect(call).toThrow(type);
  });
});

const rows = Object.values(TABLES).flat();

/** Whether a row is about it: its error names it, or its call makes one. */
function isCovered(name: string): boolean {
  const called = new RegExp(`\\b(F|nn)\\.${name}\\b`);
  return rows.some(([call, , text]) => text.startsWith(`[${name}]`) || called.test(String(call)));
}

/** What can be called in no wrong way. */
const WITHOUT_ARGUMENTS = ['getConvAlgorithm', 'Identity', 'Module'];

it('are of every op and every module', () => {
  const ops = Object.entries(F).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  const modules = Object.keys(nn).filter((name) => !MODULES_BY_FUNCTION.includes(name));
  const missing = [...ops, ...modules].filter(
    (name) => !isCovered(name) && !WITHOUT_ARGUMENTS.includes(name),
  );
  expect(missing).toEqual([]);
  expect(rows.length).toBeGreaterThanOrEqual(300);
});
