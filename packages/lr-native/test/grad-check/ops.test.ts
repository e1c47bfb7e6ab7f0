/** Gradients of every op with every option against differences, in float64. A new op needs a row: its family's file. */
import { describe, expect, it } from 'vitest';
import { F, Generator, gradCheck, tensor } from '../../src/index.ts';
import { ACTIVATIONS } from './activations.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { LOSSES } from './losses.ts';
import { NORMS } from './norms.ts';
import { PRODUCTS } from './products.ts';
import { REDUCTIONS } from './reductions.ts';
import type { Double, Row } from './rows.ts';
import { SHAPES } from './shapes.ts';
import { WINDOWS } from './windows.ts';

const FAMILIES: Record<string, readonly Row[]> = {
  elementwise: ELEMENTWISE,
  activations: ACTIVATIONS,
  shapes: SHAPES,
  reductions: REDUCTIONS,
  products: PRODUCTS,
  windows: WINDOWS,
  norms: NORMS,
  losses: LOSSES,
};

/** What gives integers, booleans or numbers, which have no gradient. */
const WITHOUT_GRADIENT: readonly string[] = [
  'all',
  'allclose',
  'any',
  'argmax',
  'argmin',
  'argsort',
  'eq',
  'equal',
  'ge',
  'getConvAlgorithm',
  'gt',
  'isfinite',
  'isinf',
  'isnan',
  'le',
  'logicalAnd',
  'logicalNot',
  'logicalOr',
  'logicalXor',
  'lt',
  'ne',
  'oneHot',
  'setConvAlgorithm',
];

function draw(seed: number, shape: readonly number[], [from, to]: Row['range']): Double {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  new Generator(seed).uniform_(data, from, to);
  const x = tensor(data, { shape });
  x.requiresGrad = true;
  return x;
}

describe.each(Object.entries(FAMILIES))('%s', (_, rows) => {
  it.each(
    rows.map(
      (row, i) => [`${i} ${row.op} ${row.shapes.map((shape) => `[${shape}]`).join(' ')}`, row] as const,
    ),
  )('%s', (__, { shapes, call, range }) => {
    const inputs = shapes.map((shape, i) => draw(i + 1, shape, range));
    expect(gradCheck(call, inputs as never)).toBe(true);
  });
});

it('has a row for every op with a gradient', () => {
  const checked = new Set<string>(Object.values(FAMILIES).flatMap((rows) => rows.map(({ op }) => op)));
  const ops = Object.entries(F).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  expect(ops.filter((op) => !checked.has(op))).toEqual(ops.filter((op) => WITHOUT_GRADIENT.includes(op)));
  expect(WITHOUT_GRADIENT.filter((op) => !ops.includes(op))).toEqual([]);
});
