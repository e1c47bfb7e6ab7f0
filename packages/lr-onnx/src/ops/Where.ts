import type { Operator } from '../operator.ts';

/** Threshold: what is at most the bound becomes the value. */
export const Where: Operator = {
  opType: 'Where',
  sinceOpset: 12,
  functions: ['threshold'],
  functionToNodes: ([x], _, graph, { a, b }) => {
    const isBelow = graph.node('LessOrEqual', [x!.name, graph.scalar(a as number)]);
    return graph.node('Where', [isBelow, graph.scalar(b as number), x!.name]);
  },
};
