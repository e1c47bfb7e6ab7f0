import { nn } from '@org/lr-native';
import { float } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

export const Celu: Operator = {
  opType: 'Celu',
  sinceOpset: 12,
  functions: ['celu'],
  functionToNodes: ([x], _, graph, { a }) => graph.node('Celu', [x!.name], { alpha: float(a as number) }),
  toModule: (node) => new nn.CELU({ alpha: node.float('alpha', 1) }),
};
