import { F } from '@org/lr-native';
import type { Operator } from '../operator.ts';

export const Div: Operator = {
  opType: 'Div',
  sinceOpset: 7,
  functions: ['div'],
  functionToNodes: ([a, b], _, graph) => graph.node('Div', [a!.name, b!.name]),
  toFunction:
    () =>
    ([a, b]) =>
      F.div(a!, b!),
};
