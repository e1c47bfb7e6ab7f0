import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

/** AdaptiveAvgPool2d to one value a channel; AveragePool.ts has other sizes. */
export const GlobalAveragePool = operator({
  opType: 'GlobalAveragePool',
  sinceOpset: 1,
  module: nn.AdaptiveAvgPool2d,
  when: ({ outputSize: [height, width] }, x) => height === 1 && width === 1 && x.ndim === 4,
  toNodes: (_, x, graph) => graph.node('GlobalAveragePool', [x.name]),
  toModule: () => new nn.AdaptiveAvgPool2d(1),
});
