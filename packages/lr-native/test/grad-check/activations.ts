/** Activations with every option, and the softmax family along every dimension. */
import { F } from '../../src/index.ts';
import { SIGNED, row } from './rows.ts';
import type { Double, Row } from './rows.ts';

const WIDE: Row['range'] = [-7, 7];

const PLAIN = [
  'relu',
  'relu6',
  'leakyRelu',
  'elu',
  'celu',
  'selu',
  'gelu',
  'silu',
  'mish',
  'softplus',
  'softsign',
  'hardtanh',
  'hardsigmoid',
  'hardswish',
  'logsigmoid',
  'tanhshrink',
  'softshrink',
  'hardshrink',
] as const;

const LANES = ['softmax', 'logSoftmax', 'softmin'] as const;

export const ACTIVATIONS: readonly Row[] = [
  ...PLAIN.flatMap((op) =>
    ['3,7', '()'].map((shape) => row(op, shape, F[op] as (x: Double) => Double, WIDE)),
  ),
  row('leakyRelu', '7', (x) => F.leakyRelu(x, { negativeSlope: 0.3 }), SIGNED),
  row('elu', '7', (x) => F.elu(x, { alpha: 0.6 }), SIGNED),
  row('celu', '7', (x) => F.celu(x, { alpha: 0.6 }), SIGNED),
  row('gelu', '7', (x) => F.gelu(x, { approximate: 'tanh' }), SIGNED),
  row('softplus', '7', (x) => F.softplus(x, { beta: 2, threshold: 3 }), SIGNED),
  row('hardtanh', '7', (x) => F.hardtanh(x, { minVal: -2, maxVal: 0.5 }), SIGNED),
  row('softshrink', '7', (x) => F.softshrink(x, { lambd: 1.2 }), SIGNED),
  row('hardshrink', '7', (x) => F.hardshrink(x, { lambd: 1.2 }), SIGNED),
  row('threshold', '7', (x) => F.threshold(x, 0.5, -3), SIGNED),
  row('prelu', '2,3,4 3', (x, weight) => F.prelu(x, weight), SIGNED),
  row('prelu', '2,3 1', (x, weight) => F.prelu(x, weight), SIGNED),
  row('prelu', '5 1', (x, weight) => F.prelu(x, weight), SIGNED),
  row('glu', '2,6', (x) => F.glu(x), SIGNED),
  row('glu', '4,3,2', (x) => F.glu(x, { dim: 0 }), SIGNED),
  ...LANES.flatMap((op) => [
    row(op, '3,4', (x) => F[op](x, { dim: 1 }), SIGNED),
    row(op, '3,4', (x) => F[op](x, { dim: 0 }), SIGNED),
    row(op, '2,3,2', (x) => F[op](x, { dim: -2 }), SIGNED),
    row(op, '()', (x) => F[op](x, { dim: 0 }), SIGNED),
  ]),
];
