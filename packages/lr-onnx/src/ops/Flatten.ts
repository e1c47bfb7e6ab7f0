import { nn } from '@org/lr-native';
import { int } from '../graph-builder.ts';
import { operator } from '../operator.ts';

/** Flatten to (batch, features); Reshape.ts has the others. */
export const Flatten = operator({
  opType: 'Flatten',
  sinceOpset: 9,
  module: nn.Flatten,
  when: ({ startDim, endDim }, x) => startDim === 1 && x.ndim > 1 && (endDim === -1 || endDim === x.ndim - 1),
  toNodes: (_, x, graph) => graph.node('Flatten', [x.name], { axis: int(1) }),
  toModule: (node) => {
    const axis = node.int('axis', 1);
    if (axis !== 1) node.fail('have 1 as axis', `${axis}`);
    return new nn.Flatten();
  },
});
