import { nn } from '@org/lr-native';
import { float } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

export const Elu: Operator = {
  opType: 'Elu',
  sinceOpset: 6,
  functions: ['elu'],
  functionToNodes: ([x], _, graph, { a }) => graph.node('Elu', [x!.name], { alpha: float(a as number) }),
  toModule: (node) => new nn.ELU({ alpha: node.float('alpha', 1) }),
};
