import { nn } from '@org/lr-native';
import { int } from '../graph-builder.ts';
import { operator } from '../operator.ts';

/** Rows of a weight by index. Which index is padding matters to training only. */
export const Gather = operator({
  opType: 'Gather',
  sinceOpset: 1,
  module: nn.Embedding,
  toNodes: ({ weight }, x, graph) => graph.node('Gather', [graph.weight(weight), x.name], { axis: int(0) }),
  toModule: (node) => {
    const { shape, data } = node.weight(0, 2);
    const axis = node.int('axis', 0);
    if (axis !== 0) node.fail('have 0 as axis', `${axis}`);
    const module = new nn.Embedding(shape[0]!, shape[1]!);
    module.weight.data = data;
    return module;
  },
});
