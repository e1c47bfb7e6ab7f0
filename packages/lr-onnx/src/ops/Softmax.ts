import { nn } from '@org/lr-native';
import { int } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import { reduce } from './Reduce.ts';

export const Softmax = operator({
  opType: 'Softmax',
  sinceOpset: 13,
  module: nn.Softmax,
  toNodes: ({ dim }, x, graph) => graph.node('Softmax', [x.name], { axis: int(dim) }),
  functions: ['softmax'],
  functionToNodes: ([x], y, graph, { dim, zeroHidden }) => {
    const weights = graph.node('Softmax', [x!.name], { axis: int(dim as number) });
    if (zeroHidden === 0 || y.ndim === 0) return weights;
    // Of a query that sees nothing, all are -infinity: it has no weights.
    const most = reduce(graph, 'ReduceMax', x!.name, [dim as number], true);
    const isHidden = graph.node('Equal', [most, graph.scalar(-Infinity)]);
    return graph.node('Where', [isHidden, graph.scalar(0), weights]);
  },
  toModule: (node) => new nn.Softmax({ dim: node.int('axis', -1) }),
});
