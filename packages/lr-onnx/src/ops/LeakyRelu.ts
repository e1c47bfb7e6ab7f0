import { nn } from '@org/lr-native';
import { float } from '../graph-builder.ts';
import { operator } from '../operator.ts';

export const LeakyRelu = operator({
  opType: 'LeakyRelu',
  sinceOpset: 6,
  module: nn.LeakyReLU,
  toNodes: ({ negativeSlope }, x, graph) =>
    graph.node('LeakyRelu', [x.name], { alpha: float(negativeSlope) }),
  functions: ['leakyRelu'],
  functionToNodes: ([x], _, graph, { a }) =>
    graph.node('LeakyRelu', [x!.name], { alpha: float(a as number) }),
  toModule: (node) => new nn.LeakyReLU({ negativeSlope: node.float('alpha', Math.fround(0.01)) }),
});
