/** Reductions over all, one and several dimensions, kept and not. */
import { F } from '../../src/index.ts';
import { SIGNED, row } from './rows.ts';
import type { Row } from './rows.ts';

const OVER: [string, { dim?: number | number[]; keepdim?: boolean }][] = [
  ['5', {}],
  ['2,3', { dim: 0 }],
  ['2,3', { dim: -1, keepdim: true }],
  ['2,3,2', { dim: [0, 2] }],
  ['2,3,2', { dim: [1, -1], keepdim: true }],
];

const PLAIN = [
  'sum',
  'mean',
  'prod',
  'amax',
  'amin',
  'logsumexp',
  'var',
  'variance',
  'std',
  'norm',
  'vectorNorm',
] as const;

export const REDUCTIONS: readonly Row[] = [
  ...PLAIN.flatMap((op) => OVER.map(([shape, options]) => row(op, shape, (x) => F[op](x, options), SIGNED))),
  ...(['var', 'std', 'varMean'] as const).map((op) =>
    row(op, '3,4', (x) => F[op](x, { dim: 1, correction: 0 }), SIGNED),
  ),
  row('varMean', '2,3', (x) => F.varMean(x)),
  ...[0, 1, 2, 3, 1.5, -1, Infinity, -Infinity].flatMap((p) => [
    row('norm', '2,3', (x) => F.norm(x, { p })),
    row('norm', '3,2', (x) => F.norm(x, { p, dim: 0, keepdim: true })),
    row('vectorNorm', '2,3', (x) => F.vectorNorm(x, { ord: p, dim: 1 })),
  ]),
  ...(['max', 'min'] as const).flatMap((op) => [
    row(op, '2,3', (x) => F[op](x)),
    row(op, '2,3', (x) => F[op](x, { dim: 1 }).values),
    row(op, '2,3', (x) => F[op](x, { dim: 0, keepdim: true }).values),
  ]),
  row('median', '2,3', (x) => F.median(x)),
  row('median', '2,4', (x) => F.median(x, { dim: 1 }).values),
  row('median', '3,2', (x) => F.median(x, { dim: 0, keepdim: true }).values),
  row('cumsum', '2,3', (x) => F.cumsum(x, { dim: 0 })),
  row('cumsum', '2,3,2', (x) => F.cumsum(x, { dim: -2 })),
];
