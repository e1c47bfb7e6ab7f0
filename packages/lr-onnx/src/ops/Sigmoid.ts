import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

export const Sigmoid = operator({
  opType: 'Sigmoid',
  sinceOpset: 6,
  module: nn.Sigmoid,
  toNodes: (_, x, graph) => graph.node('Sigmoid', [x.name]),
  functions: ['sigmoid'],
  functionToNodes: ([x], _, graph) => graph.node('Sigmoid', [x!.name]),
  toModule: () => new nn.Sigmoid(),
});
