import { F } from '@org/lr-native';
import { ints } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

export const Transpose: Operator = {
  opType: 'Transpose',
  sinceOpset: 1,
  functions: ['permute', 'transpose', 'swapaxes', 'movedim'],
  functionToNodes: ([x], _, graph, { dims }) =>
    graph.node('Transpose', [x!.name], { perm: ints(dims as number[]) }),
  toFunction: (node) => {
    const perm = node.ints('perm', []);
    return ([x]) => F.permute(x!, perm.length > 0 ? perm : x!.shape.map((_, d) => x!.ndim - 1 - d));
  },
};
