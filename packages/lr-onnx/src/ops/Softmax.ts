import { nn } from '@org/lr-native';
import { int } from '../graph-builder.ts';
import { operator } from '../operator.ts';

export const Softmax = operator({
  opType: 'Softmax',
  sinceOpset: 13,
  module: nn.Softmax,
  toNodes: ({ dim }, x, graph) => graph.node('Softmax', [x.name], { axis: int(dim) }),
  toModule: (node) => new nn.Softmax({ dim: node.int('axis', -1) }),
});
