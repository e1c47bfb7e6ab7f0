/** Losses with every reduction and option, with gradients to targets where they take one. */
import { F, tensor } from '../../src/index.ts';
import { row } from './rows.ts';
import type { Row } from './rows.ts';

const REDUCTIONS = ['mean', 'sum', 'none'] as const;
const classes = tensor(Int32Array.of(1, 0, 2), { shape: [3] });
const ofPixels = tensor(Int32Array.of(1, 0, 2, 1), { shape: [2, 2] });
const ofThree = tensor(Float64Array.of(0.4, 1.3, 0.7), { shape: [3] });
const ofFour = tensor(Float64Array.of(0.4, 1.3, 0.7, 2), { shape: [4] });
const signs = tensor(Int32Array.of(1, -1, 1), { shape: [3] });

export const LOSSES: readonly Row[] = REDUCTIONS.flatMap((reduction): Row[] => [
  row('mseLoss', '3,4 3,4', (x, t) => F.mseLoss(x, t, { reduction })),
  row('l1Loss', '5 5', (x, t) => F.l1Loss(x, t, { reduction })),
  row('smoothL1Loss', '5 5', (x, t) => F.smoothL1Loss(x, t, { reduction })),
  row('smoothL1Loss', '5 5', (x, t) => F.smoothL1Loss(x, t, { beta: 0.2, reduction })),
  row('smoothL1Loss', '5 5', (x, t) => F.smoothL1Loss(x, t, { beta: 0, reduction })),
  row('huberLoss', '5 5', (x, t) => F.huberLoss(x, t, { reduction })),
  row('huberLoss', '5 5', (x, t) => F.huberLoss(x, t, { delta: 0.2, reduction })),
  row('binaryCrossEntropy', '3,4 3,4', (x, t) => F.binaryCrossEntropy(x, t, { reduction })),
  row('binaryCrossEntropy', '3,4 3,4 4', (x, t, weight) => F.binaryCrossEntropy(x, t, { weight, reduction })),
  row('bceWithLogits', '3,4 3,4', (x, t) => F.bceWithLogits(x, t, { reduction })),
  row('bceWithLogits', '3,4 3,4 4 4', (x, t, weight, posWeight) =>
    F.bceWithLogits(x, t, { weight, posWeight, reduction }),
  ),
  row('klDiv', '3,4 3,4', (x, t) => F.klDiv(x, t, { reduction })),
  row('klDiv', '3,4 3,4', (x, t) => F.klDiv(x, t, { logTarget: true, reduction })),
  row('poissonNllLoss', '5 5', (x, t) => F.poissonNllLoss(x, t, { reduction })),
  row('poissonNllLoss', '5 5', (x, t) => F.poissonNllLoss(x, F.mul(t, 4), { full: true, reduction })),
  row('poissonNllLoss', '5 5', (x, t) => F.poissonNllLoss(x, t, { logInput: false, eps: 0.1, reduction })),
  row('gaussianNllLoss', '3,4 3,4 3,1', (x, t, v) => F.gaussianNllLoss(x, t, v, { reduction })),
  row('gaussianNllLoss', '3,4 3,4 3,4', (x, t, v) =>
    F.gaussianNllLoss(x, t, v, { full: true, eps: 0.01, reduction }),
  ),
  row('hingeEmbeddingLoss', '3', (x) => F.hingeEmbeddingLoss(x, signs, { reduction })),
  row('hingeEmbeddingLoss', '3', (x) => F.hingeEmbeddingLoss(x, signs, { margin: 0.5, reduction })),
  row('softMarginLoss', '3', (x) => F.softMarginLoss(x, signs, { reduction })),
  row('marginRankingLoss', '3 3', (a, b) => F.marginRankingLoss(a, b, signs, { reduction })),
  row('marginRankingLoss', '3 3', (a, b) => F.marginRankingLoss(a, b, signs, { margin: 0.1, reduction })),
  row('multilabelSoftMarginLoss', '3,4 3,4', (x, t) => F.multilabelSoftMarginLoss(x, t, { reduction })),
  row('multilabelSoftMarginLoss', '3,4 3,4', (x, t) =>
    F.multilabelSoftMarginLoss(x, t, { weight: ofFour, reduction }),
  ),
  row('crossEntropy', '3,4', (x) => F.crossEntropy(x, classes, { reduction })),
  row('crossEntropy', '3,4', (x) =>
    F.crossEntropy(x, classes, { labelSmoothing: 0.1, ignoreIndex: 0, reduction }),
  ),
  row('crossEntropy', '2,3,2', (x) =>
    F.crossEntropy(x, ofPixels, { weight: ofThree, labelSmoothing: 0.2, reduction }),
  ),
  row('crossEntropy', '3,4 3,4', (x, t) => F.crossEntropy(x, t, { reduction })),
  row('crossEntropy', '3,4 3,4', (x, t) =>
    F.crossEntropy(x, t, { weight: ofFour, labelSmoothing: 0.2, reduction }),
  ),
  row('nllLoss', '3,4', (x) => F.nllLoss(x, classes, { reduction })),
  row('nllLoss', '2,3,2', (x) => F.nllLoss(x, ofPixels, { weight: ofThree, ignoreIndex: 1, reduction })),
  row('multiMarginLoss', '3,4', (x) => F.multiMarginLoss(x, classes, { reduction })),
  row('multiMarginLoss', '3,4', (x) =>
    F.multiMarginLoss(x, classes, { p: 2, margin: 0.3, weight: ofFour, reduction }),
  ),
  row('cosineEmbeddingLoss', '3,4 3,4', (a, b) => F.cosineEmbeddingLoss(a, b, signs, { reduction })),
  row('cosineEmbeddingLoss', '3,4 3,4', (a, b) =>
    F.cosineEmbeddingLoss(a, b, signs, { margin: 0.2, reduction }),
  ),
  row('tripletMarginLoss', '3,4 3,4 3,4', (a, p, n) => F.tripletMarginLoss(a, p, n, { reduction })),
  row('tripletMarginLoss', '3,4 3,4 3,4', (a, p, n) =>
    F.tripletMarginLoss(a, p, n, { swap: true, margin: 0.3, p: 3, eps: 0.1, reduction }),
  ),
]).concat(row('klDiv', '3,4 3,4', (x, t) => F.klDiv(x, t, { reduction: 'batchmean' })));
