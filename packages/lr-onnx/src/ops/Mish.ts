import { nn } from '@org/lr-native';
import type { Operator } from '../operator.ts';

/** x · tanh(softplus(x)), written out where the operator set has none. */
export const Mish: Operator = {
  opType: 'Mish',
  sinceOpset: 1,
  functions: ['mish'],
  functionToNodes: ([x], _, graph) => {
    if (graph.opset >= 18) return graph.node('Mish', [x!.name]);
    return graph.node('Mul', [x!.name, graph.node('Tanh', [graph.node('Softplus', [x!.name])])]);
  },
  toModule: () => new nn.Mish(),
};
