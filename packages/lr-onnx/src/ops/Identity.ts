import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

export const Identity = operator({
  opType: 'Identity',
  sinceOpset: 1,
  module: nn.Identity,
  toNodes: (_, x, graph) => graph.node('Identity', [x.name]),
  toModule: () => new nn.Identity(),
});
