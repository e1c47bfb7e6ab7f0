import { F } from '@org/lr-native';
import type { Operator } from '../operator.ts';

export const Mul: Operator = {
  opType: 'Mul',
  sinceOpset: 7,
  functions: ['mul'],
  functionToNodes: ([a, b], _, graph) => graph.node('Mul', [a!.name, b!.name]),
  toFunction:
    () =>
    ([a, b]) =>
      F.mul(a!, b!),
};
