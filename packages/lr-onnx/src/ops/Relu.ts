import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

export const Relu = operator({
  opType: 'Relu',
  sinceOpset: 6,
  module: nn.ReLU,
  toNodes: (_, x, graph) => graph.node('Relu', [x.name]),
  functions: ['relu'],
  functionToNodes: ([x], _, graph) => graph.node('Relu', [x!.name]),
  toModule: () => new nn.ReLU(),
});
