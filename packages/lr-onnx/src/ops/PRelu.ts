import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

/** The slopes are those of dimension 1, and broadcast from the last dimension on. */
export const PRelu = operator({
  opType: 'PRelu',
  sinceOpset: 9,
  module: nn.PReLU,
  toNodes: ({ weight }, x, graph) => {
    const { ndim } = x.sample;
    const slope = graph.weight(weight);
    if (weight.size === 1 || ndim <= 2) return graph.node('PRelu', [x.name, slope]);
    const sizes = [weight.size, ...new Array<number>(ndim - 2).fill(1)];
    return graph.node('PRelu', [x.name, graph.node('Reshape', [slope, graph.integers('sizes', sizes)])]);
  },
});
