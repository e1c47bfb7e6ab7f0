import { F } from '@org/lr-native';
import type { Operator } from '../operator.ts';

export const Sub: Operator = {
  opType: 'Sub',
  sinceOpset: 7,
  functions: ['sub'],
  functionToNodes: ([a, b], _, graph) => graph.node('Sub', [a!.name, b!.name]),
  toFunction:
    () =>
    ([a, b]) =>
      F.sub(a!, b!),
};
