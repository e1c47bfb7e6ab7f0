import { F } from '@org/lr-native';
import { int } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

export const Concat: Operator = {
  opType: 'Concat',
  sinceOpset: 4,
  functions: ['cat'],
  functionToNodes: (inputs, _, graph, { dim }) =>
    graph.node(
      'Concat',
      inputs.map(({ name }) => name),
      { axis: int(dim as number) },
    ),
  toFunction: (node) => {
    const dim = node.int('axis', 0);
    return (inputs) => F.cat(inputs, { dim });
  },
};
