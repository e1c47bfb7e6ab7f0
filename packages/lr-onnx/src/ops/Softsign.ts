import { nn } from '@org/lr-native';
import type { Operator } from '../operator.ts';

export const Softsign: Operator = {
  opType: 'Softsign',
  sinceOpset: 1,
  functions: ['softsign'],
  functionToNodes: ([x], _, graph) => graph.node('Softsign', [x!.name]),
  toModule: () => new nn.Softsign(),
};
