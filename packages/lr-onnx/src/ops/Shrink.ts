import { float } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

export const Shrink: Operator = {
  opType: 'Shrink',
  sinceOpset: 9,
  functions: ['softshrink', 'hardshrink'],
  functionToNodes: ([x], _, graph, { kind, a }) =>
    graph.node('Shrink', [x!.name], {
      lambd: float(a as number),
      bias: float(kind === 'softshrink' ? (a as number) : 0),
    }),
};
