import type { Operator } from '../operator.ts';

export const Sub: Operator = {
  opType: 'Sub',
  sinceOpset: 7,
  functions: ['sub'],
  functionToNodes: ([a, b], _, graph) => graph.node('Sub', [a!.name, b!.name]),
};
