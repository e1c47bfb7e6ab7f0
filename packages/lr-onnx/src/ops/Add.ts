import { F } from '@org/lr-native';
import type { Operator } from '../operator.ts';

export const Add: Operator = {
  opType: 'Add',
  sinceOpset: 7,
  functions: ['add'],
  functionToNodes: ([a, b], _, graph) => graph.node('Add', [a!.name, b!.name]),
  toFunction:
    () =>
    ([a, b]) =>
      F.add(a!, b!),
};
