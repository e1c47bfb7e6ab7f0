/** Norms with and without scale and shift, from the statistics of the input and from given ones. */
import { F, ones, zeros } from '../../src/index.ts';
import { row } from './rows.ts';
import type { Double, Row } from './rows.ts';

const mean = (n: number): Double => zeros([n], { dtype: 'float64' });
const variance = (n: number): Double => ones([n], { dtype: 'float64' });

export const NORMS: readonly Row[] = [
  ...['4,3', '3,3,2', '2,3,2,2'].flatMap((shape) => [
    row('batchNorm', shape, (x) => F.batchNorm(x, null, null, { training: true })),
    row('batchNorm', `${shape} 3 3`, (x, weight, bias) =>
      F.batchNorm(x, mean(3), variance(3), { weight, bias, training: true, eps: 0.01, momentum: 0.3 }),
    ),
    row('batchNorm', `${shape} 3 3`, (x, weight, bias) =>
      F.batchNorm(x, mean(3), variance(3), { weight, bias }),
    ),
    row('batchNorm', shape, (x) => F.batchNorm(x, mean(3), variance(3), { eps: 0.5 })),
  ]),
  row('layerNorm', '3,4', (x) => F.layerNorm(x, { normalizedShape: 4 })),
  row('layerNorm', '2,3,2 3,2', (x, weight) => F.layerNorm(x, { normalizedShape: [3, 2], weight })),
  row('layerNorm', '3,4 4 4', (x, weight, bias) =>
    F.layerNorm(x, { normalizedShape: 4, weight, bias, eps: 0.1 }),
  ),
  row('rmsNorm', '3,4', (x) => F.rmsNorm(x, { normalizedShape: 4 })),
  row('rmsNorm', '2,3,2 3,2', (x, weight) => F.rmsNorm(x, { normalizedShape: [3, 2], weight, eps: 0.1 })),
  row('groupNorm', '2,4,3', (x) => F.groupNorm(x, { numGroups: 2 })),
  row('groupNorm', '2,4,2,2 4 4', (x, weight, bias) =>
    F.groupNorm(x, { numGroups: 2, weight, bias, eps: 0.1 }),
  ),
  row('instanceNorm', '2,3,4', (x) => F.instanceNorm(x)),
  row('instanceNorm', '2,3,2,2 3 3', (x, weight, bias) => F.instanceNorm(x, { weight, bias, eps: 0.1 })),
  row('instanceNorm', '2,3,4 3', (x, weight) =>
    F.instanceNorm(x, { runningMean: mean(3), runningVar: variance(3), weight, useInputStats: false }),
  ),
  ...[1, 2, 3, Infinity].map((p) => row('normalize', '3,4', (x) => F.normalize(x, { p }))),
  row('normalize', '3,4', (x) => F.normalize(x, { dim: 0, eps: 5 })),
  row('cosineSimilarity', '3,4 3,4', (a, b) => F.cosineSimilarity(a, b)),
  row('cosineSimilarity', '3,4 4', (a, b) => F.cosineSimilarity(a, b, { dim: -1, eps: 0.1 })),
  ...[1, 2, 3].map((p) => row('pairwiseDistance', '3,4 3,4', (a, b) => F.pairwiseDistance(a, b, { p }))),
  row('pairwiseDistance', '3,4 4', (a, b) => F.pairwiseDistance(a, b, { keepdim: true, eps: 0.1 })),
];
