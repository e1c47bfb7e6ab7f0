/** Functions of one and of two elements: every one, broadcasting, with numbers, and of tensors of no dimensions. */
import { F, tensor } from '../../src/index.ts';
import { SIGNED, row } from './rows.ts';
import type { Double, Row } from './rows.ts';

const UNARY: [keyof typeof F & string, Row['range']][] = [
  ['abs', SIGNED],
  ['acos', [-0.9, 0.9]],
  ['asin', [-0.9, 0.9]],
  ['atan', SIGNED],
  ['ceil', SIGNED],
  ['cos', SIGNED],
  ['cosh', SIGNED],
  ['erf', SIGNED],
  ['erfc', SIGNED],
  ['exp', SIGNED],
  ['exp2', SIGNED],
  ['expm1', SIGNED],
  ['floor', SIGNED],
  ['log', [0.1, 4]],
  ['log10', [0.1, 4]],
  ['log1p', [-0.8, 4]],
  ['log2', [0.1, 4]],
  ['neg', SIGNED],
  ['reciprocal', [0.3, 3]],
  ['reciprocal', [-3, -0.3]],
  ['round', SIGNED],
  ['rsqrt', [0.3, 3]],
  ['sigmoid', SIGNED],
  ['sign', SIGNED],
  ['sin', SIGNED],
  ['sinh', SIGNED],
  ['sqrt', [0.1, 4]],
  ['square', SIGNED],
  ['tan', [-1.3, 1.3]],
  ['tanh', SIGNED],
  ['trunc', SIGNED],
];

const BINARY: [keyof typeof F & string, Row['range'], Row['range']?][] = [
  ['add', SIGNED],
  ['sub', SIGNED],
  ['mul', SIGNED],
  ['div', [0.3, 3]],
  ['div', [-3, -0.3]],
  ['pow', [0.2, 3]],
  ['maximum', SIGNED],
  ['minimum', SIGNED],
  ['fmod', [0.3, 3]],
  ['remainder', [0.3, 3]],
  ['atan2', SIGNED],
];
const PAIRS = ['3,4 3,4', '3,4 4', '3,1 1,4', '2,1,3 4,1', '() 2,3', '2,3 ()', '() ()'];

type Call = (a: Double | number, b: Double | number) => Double;

const mask = tensor(Uint8Array.of(1, 0, 1, 0, 0, 1), { shape: [2, 3] }).asType('bool');

export const ELEMENTWISE: readonly Row[] = [
  ...UNARY.flatMap(([op, range]) =>
    ['2,3', '()'].map((shape) => row(op, shape, F[op] as (x: Double) => Double, range)),
  ),
  ...BINARY.flatMap(([op, range]) => {
    const fn = F[op] as Call;
    return [
      ...PAIRS.map((shapes) => row(op, shapes, fn, range)),
      row(op, '2,3', (x) => fn(x, 1.7), range),
      row(op, '2,3', (x) => fn(1.7, x), range),
      row(op, '2,3', (x) => fn(x, x), range),
    ];
  }),
  row('pow', '5', (x) => F.pow(x, 3), SIGNED),
  row('pow', '5', (x) => F.pow(x, 2), SIGNED),
  row('pow', '5', (x) => F.pow(x, 0), SIGNED),
  row('pow', '5', (x) => F.pow(x, -1), [-3, -0.3]),
  row('lerp', '3,4 3,4', (a, b) => F.lerp(a, b, 0.3)),
  row('lerp', '3,4 3,4', (a, b) => F.lerp(a, b, 0.8)),
  row('lerp', '3,4 4 3,1', (a, b, weight) => F.lerp(a, b, weight)),
  row('addcmul', '3,4 3,1 4', (x, a, b) => F.addcmul(x, a, b, { value: -0.5 })),
  row('addcmul', '() 2 2', (x, a, b) => F.addcmul(x, a, b)),
  row('addcdiv', '3,4 3,1 4', (x, a, b) => F.addcdiv(x, a, b, { value: -0.5 })),
  row('addcdiv', '() 2 2', (x, a, b) => F.addcdiv(x, a, b)),
  row('clamp', '7', (x) => F.clamp(x, { min: -1, max: 1 }), SIGNED),
  row('clamp', '7', (x) => F.clamp(x, { min: 0.5 }), SIGNED),
  row('clamp', '7', (x) => F.clamp(x, { max: 0.5 }), SIGNED),
  row('clamp', '7', (x) => F.clamp(x, { min: 1, max: -1 }), SIGNED),
  row('clamp', '4,5 5 4,1', (x, min, max) => F.clamp(x, { min, max }), SIGNED),
  row('clamp', '4,5 5', (x, min) => F.clamp(x, { min, max: 1 }), SIGNED),
  row('clamp', '4,5 4,1', (x, max) => F.clamp(x, { max }), SIGNED),
  row('where', '2,3 2,3', (a, b) => F.where(mask, a, b)),
  row('where', '3 2,1', (a, b) => F.where(mask, a, b)),
  row('where', '4,2,3', (x) => F.where(mask, x, 0)),
  row('where', '()', (x) => F.where(mask, -2, x)),
  row('maskedFill', '4,2,3', (x) => F.maskedFill(x, mask, 7)),
  row('maskedFill', '2,3 ()', (x, value) => F.maskedFill(x, mask, value)),
  row('maskedSelect', '2,3', (x) => F.maskedSelect(x, mask)),
  row('maskedSelect', '2,1,3', (x) => F.maskedSelect(x, mask)),
  row('asType', '2,3', (x) => F.asType(x, 'float64')),
];
