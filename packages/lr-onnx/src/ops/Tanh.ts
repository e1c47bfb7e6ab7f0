import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

export const Tanh = operator({
  opType: 'Tanh',
  sinceOpset: 6,
  module: nn.Tanh,
  toNodes: (_, x, graph) => graph.node('Tanh', [x.name]),
  functions: ['tanh'],
  functionToNodes: ([x], _, graph) => graph.node('Tanh', [x!.name]),
  toModule: () => new nn.Tanh(),
});

/** x - tanh(x) */
export const TanhOfShrink = operator({
  opType: 'Tanh',
  sinceOpset: 7,
  functions: ['tanhshrink'],
  functionToNodes: ([x], _, graph) => graph.node('Sub', [x!.name, graph.node('Tanh', [x!.name])]),
});
