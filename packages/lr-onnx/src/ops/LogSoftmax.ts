import { nn } from '@org/lr-native';
import { int } from '../graph-builder.ts';
import { operator } from '../operator.ts';

export const LogSoftmax = operator({
  opType: 'LogSoftmax',
  sinceOpset: 13,
  module: nn.LogSoftmax,
  toNodes: ({ dim }, x, graph) => graph.node('LogSoftmax', [x.name], { axis: int(dim) }),
  functions: ['logSoftmax'],
  functionToNodes: ([x], _, graph, { dim }) =>
    graph.node('LogSoftmax', [x!.name], { axis: int(dim as number) }),
  toModule: (node) => new nn.LogSoftmax({ dim: node.int('axis', -1) }),
});
