import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

export const Softplus = operator({
  opType: 'Softplus',
  sinceOpset: 1,
  module: nn.Softplus,
  toNodes: (_, x, graph) => graph.node('Softplus', [x.name]),
  functions: ['softplus'],
  functionToNodes: ([x], _, graph) => graph.node('Softplus', [x!.name]),
  toModule: () => new nn.Softplus(),
});
