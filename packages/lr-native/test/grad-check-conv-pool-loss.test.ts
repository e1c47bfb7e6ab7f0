/** Gradients of convolutions, pooling, resampling, losses and products against differences, in float64. */
import { expect, it } from 'vitest';
import { F, Generator, fromTypedArray, gradCheck } from '../src/index.ts';
import type { RealDType, Tensor } from '../src/index.ts';

type Double = Tensor<'float64'>;

/** Elements in [0.1, 0.9), no two of which are within a difference's reach of each other. */
function draw(seed: number, shape: readonly number[]): Double {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  new Generator(seed).uniform_(data, 0.1, 0.9);
  const x = fromTypedArray(data, shape);
  x.requiresGrad = true;
  return x;
}

const classes = fromTypedArray(Int32Array.of(1, 0, 2), [3]);
const signs = fromTypedArray(Int32Array.of(1, -1, 1), [3]);

const CASES: [string, (...inputs: Double[]) => Tensor<RealDType>, number[][]][] = [
  ['conv1d', (x, w, b) => F.conv1d(x, w, b, { stride: 2, padding: 1 }), [[2, 2, 5], [3, 2, 3], [3]]],
  [
    'convTranspose1d',
    (x, w, b) => F.convTranspose1d(x, w, b, { stride: 2, padding: 1, groups: 2 }),
    [[2, 4, 3], [4, 2, 3], [4]],
  ],
  [
    'convTranspose2d',
    (x, w, b) => F.convTranspose2d(x, w, b, { stride: 2, outputPadding: 1, dilation: 2 }),
    [[1, 2, 2, 3], [2, 3, 2, 2], [3]],
  ],
  ['maxPool1d', (x) => F.maxPool1d(x, { kernelSize: 3, stride: 2, padding: 1 }), [[2, 7]]],
  ['maxPool2d', (x) => F.maxPool2d(x, { kernelSize: 2 }), [[2, 4, 5]]],
  ['avgPool1d', (x) => F.avgPool1d(x, { kernelSize: 3, stride: 2, ceilMode: true }), [[2, 8]]],
  ['avgPool2d', (x) => F.avgPool2d(x, { kernelSize: 3, padding: 1, countIncludePad: false }), [[2, 4, 5]]],
  ['adaptiveAvgPool2d', (x) => F.adaptiveAvgPool2d(x, { outputSize: [2, 3] }), [[2, 5, 4]]],
  ['adaptiveMaxPool2d', (x) => F.adaptiveMaxPool2d(x, { outputSize: [2, 3] }), [[2, 5, 4]]],
  ['bilinear', (x) => F.interpolate(x, { size: [3, 7], mode: 'bilinear' }), [[1, 2, 4, 5]]],
  ['bicubic', (x) => F.interpolate(x, { size: 5, mode: 'bicubic', alignCorners: true }), [[1, 1, 4, 3]]],
  ['pad', (x) => F.pad(x, [1, 2, 2, 1], { mode: 'reflect' }), [[2, 3, 4]]],
  ['unfold', (x) => F.unfold(x, { kernelSize: 2, padding: 1 }), [[2, 3, 4]]],
  ['fold', (x) => F.fold(x, { kernelSize: 2, outputSize: [3, 4] }), [[4, 6]]],
  [
    'mseLoss',
    (x, t) => F.mseLoss(x, t),
    [
      [3, 4],
      [3, 4],
    ],
  ],
  ['l1Loss', (x, t) => F.l1Loss(x, t, { reduction: 'none' }), [[5], [5]]],
  ['smoothL1Loss', (x, t) => F.smoothL1Loss(x, t, { beta: 0.2 }), [[5], [5]]],
  ['huberLoss', (x, t) => F.huberLoss(x, t, { delta: 0.2, reduction: 'sum' }), [[5], [5]]],
  ['binaryCrossEntropy', (x, t, weight) => F.binaryCrossEntropy(x, t, { weight }), [[3, 4], [3, 4], [4]]],
  ['bceWithLogits', (x, t, posWeight) => F.bceWithLogits(x, t, { posWeight }), [[3, 4], [3, 4], [4]]],
  [
    'klDiv',
    (x, t) => F.klDiv(x, t, { reduction: 'batchmean' }),
    [
      [3, 4],
      [3, 4],
    ],
  ],
  [
    'klDiv of logs',
    (x, t) => F.klDiv(x, t, { logTarget: true }),
    [
      [3, 4],
      [3, 4],
    ],
  ],
  ['poissonNllLoss', (x, t) => F.poissonNllLoss(x, F.mul(t, 4), { full: true }), [[5], [5]]],
  ['poissonNllLoss of rates', (x, t) => F.poissonNllLoss(x, t, { logInput: false }), [[5], [5]]],
  [
    'gaussianNllLoss',
    (x, t, v) => F.gaussianNllLoss(x, t, v, { full: true }),
    [
      [3, 4],
      [3, 4],
      [3, 1],
    ],
  ],
  ['hingeEmbeddingLoss', (x) => F.hingeEmbeddingLoss(x, signs, { margin: 0.5 }), [[3]]],
  ['softMarginLoss', (x) => F.softMarginLoss(x, signs), [[3]]],
  ['marginRankingLoss', (a, b) => F.marginRankingLoss(a, b, signs, { margin: 0.1 }), [[3], [3]]],
  [
    'multilabelSoftMarginLoss',
    (x, t) => F.multilabelSoftMarginLoss(x, t),
    [
      [3, 4],
      [3, 4],
    ],
  ],
  ['crossEntropy', (x) => F.crossEntropy(x, classes, { labelSmoothing: 0.1 }), [[3, 4]]],
  [
    'crossEntropy of probabilities',
    (x, t) => F.crossEntropy(x, t),
    [
      [3, 4],
      [3, 4],
    ],
  ],
  ['nllLoss', (x) => F.nllLoss(x, classes, { reduction: 'none' }), [[3, 4]]],
  ['multiMarginLoss', (x) => F.multiMarginLoss(x, classes, { p: 2, margin: 0.3 }), [[3, 4]]],
  [
    'cosineSimilarity',
    (a, b) => F.cosineSimilarity(a, b),
    [
      [3, 4],
      [3, 4],
    ],
  ],
  [
    'pairwiseDistance',
    (a, b) => F.pairwiseDistance(a, b),
    [
      [3, 4],
      [3, 4],
    ],
  ],
  [
    'cosineEmbeddingLoss',
    (a, b) => F.cosineEmbeddingLoss(a, b, signs, { margin: 0.2 }),
    [
      [3, 4],
      [3, 4],
    ],
  ],
  [
    'tripletMarginLoss',
    (a, p, n) => F.tripletMarginLoss(a, p, n, { swap: true }),
    [
      [3, 4],
      [3, 4],
      [3, 4],
    ],
  ],
  ['dropout', (x) => F.dropout(x, { generator: new Generator(1) }), [[3, 4]]],
  ['alphaDropout', (x) => F.alphaDropout(x, { generator: new Generator(1) }), [[3, 4]]],
  [
    'matmul',
    (a, b) => F.matmul(a, b),
    [
      [2, 1, 2, 3],
      [3, 3, 2],
    ],
  ],
  ['addmm', (c, a, b) => F.addmm(c, a, b, { beta: 0.5, alpha: 2 }), [[2], [2, 3], [3, 2]]],
  [
    'einsum',
    (a, b) => F.einsum('bij,bjk->ik', a, b),
    [
      [2, 2, 3],
      [2, 3, 2],
    ],
  ],
  [
    'F.bilinear',
    (a, b, w) => F.bilinear(a, b, w),
    [
      [2, 3],
      [2, 2],
      [2, 3, 2],
    ],
  ],
  [
    'scaledDotProductAttention',
    (q, k, v, attnMask) => F.scaledDotProductAttention(q, k, v, { attnMask, enableGqa: true }),
    [
      [1, 4, 3, 2],
      [1, 2, 3, 2],
      [1, 2, 3, 2],
      [3, 3],
    ],
  ],
  [
    'causal attention',
    (q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal: true }),
    [
      [2, 3, 2],
      [2, 3, 2],
      [2, 3, 2],
    ],
  ],
];

it.each(CASES)('%s', (_, fn, shapes) => {
  const inputs = shapes.map((shape, i) => draw(i + 1, shape));
  expect(gradCheck(fn, inputs as never)).toBe(true);
});
