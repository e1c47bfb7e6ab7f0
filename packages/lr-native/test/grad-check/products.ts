/** Matrix products of one dimension to many, linear maps, embeddings, attention and dropout. */
import { F, Generator, tensor } from '../../src/index.ts';
import { row } from './rows.ts';
import type { Row } from './rows.ts';

const words = tensor(Int32Array.of(0, 2, 2, 4), { shape: [2, 2] });
const seen = tensor(Uint8Array.of(1, 0, 1, 0, 0, 0, 1, 1, 1), { shape: [3, 3] }).asType('bool');
const generator = (): Generator => new Generator(1);
const DROPOUTS = [
  ['dropout', '3,4'],
  ['alphaDropout', '3,4'],
  ['dropout1d', '2,3,2'],
  ['dropout2d', '2,3,2,2'],
  ['featureAlphaDropout', '2,3,2'],
] as const;

export const PRODUCTS: readonly Row[] = [
  ...[
    '3 3',
    '2,3 3',
    '3 3,2',
    '2,3 3,2',
    '2,2,3 3,2',
    '2,3 2,3,2',
    '2,1,2,3 3,3,2',
    '2,2,3 3',
    '3 2,3,2',
  ].map((shapes) => row('matmul', shapes, (a, b) => F.matmul(a, b))),
  row('mm', '2,3 3,4', (a, b) => F.mm(a, b)),
  row('bmm', '2,2,3 2,3,2', (a, b) => F.bmm(a, b)),
  row('mv', '2,3 3', (a, b) => F.mv(a, b)),
  row('dot', '4 4', (a, b) => F.dot(a, b)),
  row('outer', '3 2', (a, b) => F.outer(a, b)),
  row('addmm', '2,4 2,3 3,4', (c, a, b) => F.addmm(c, a, b)),
  row('addmm', '2 2,3 3,2', (c, a, b) => F.addmm(c, a, b, { beta: 0.5, alpha: 2 })),
  row('baddbmm', '2,1,2 2,2,3 2,3,2', (c, a, b) => F.baddbmm(c, a, b, { beta: 0.5, alpha: 2 })),
  row('einsum', '2,2,3 2,3,2', (a, b) => F.einsum('bij,bjk->ik', a, b)),
  row('einsum', '2,3', (a) => F.einsum('ij->i', a)),
  row('einsum', '2 3 2', (a, b, c) => F.einsum('i,j,i->j', a, b, c)),
  ...['4', '2,4', '2,3,4', '2,1,3,4'].map((shape) =>
    row('linear', `${shape} 3,4 3`, (x, w, b) => F.linear(x, w, b)),
  ),
  row('linear', '2,4 3,4', (x, w) => F.linear(x, w)),
  row('bilinear', '2,3 2,2 2,3,2', (a, b, w) => F.bilinear(a, b, w)),
  row('bilinear', '2,3 2,2 2,3,2 2', (a, b, w, bias) => F.bilinear(a, b, w, bias)),
  row('embedding', '5,3', (weight) => F.embedding(words, weight)),
  row('scaledDotProductAttention', '2,3,4 2,5,4 2,5,2', (q, k, v) => F.scaledDotProductAttention(q, k, v)),
  row('scaledDotProductAttention', '3,2 3,2 3,2', (q, k, v) =>
    F.scaledDotProductAttention(q, k, v, { isCausal: true, scale: 0.3 }),
  ),
  row('scaledDotProductAttention', '2,3,2 2,3,2 2,3,2', (q, k, v) =>
    F.scaledDotProductAttention(q, k, v, { attnMask: seen }),
  ),
  row('scaledDotProductAttention', '1,4,3,2 1,2,3,2 1,2,3,2 3,3', (q, k, v, attnMask) =>
    F.scaledDotProductAttention(q, k, v, { attnMask, enableGqa: true }),
  ),
  ...DROPOUTS.flatMap(([op, shape]) => [
    row(op, shape, (x) => F[op](x, { generator: generator() })),
    row(op, shape, (x) => F[op](x, { p: 0.2, generator: generator() })),
    row(op, shape, (x) => F[op](x, { p: 1 })),
    row(op, shape, (x) => F[op](x, { training: false })),
  ]),
];
