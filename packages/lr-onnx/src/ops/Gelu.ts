import { nn } from '@org/lr-native';
import { text } from '../graph-builder.ts';
import { operator } from '../operator.ts';

export const Gelu = operator({
  opType: 'Gelu',
  sinceOpset: 20,
  module: nn.GELU,
  toNodes: ({ approximate }, x, graph) => graph.node('Gelu', [x.name], { approximate: text(approximate) }),
  functions: ['gelu'],
  functionToNodes: ([x], _, graph, { kind }) =>
    graph.node('Gelu', [x!.name], { approximate: text(kind === 'geluTanh' ? 'tanh' : 'none') }),
  toModule: (node) => new nn.GELU({ approximate: node.text('approximate', 'none') as 'none' | 'tanh' }),
});
