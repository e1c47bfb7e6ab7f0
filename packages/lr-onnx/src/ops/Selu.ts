import { nn } from '@org/lr-native';
import type { Operator } from '../operator.ts';

/** Both constants of SELU, as float32 has them. */
const ALPHA = Math.fround(1.6732632423543772);
const GAMMA = Math.fround(1.0507009873554805);

export const Selu: Operator = {
  opType: 'Selu',
  sinceOpset: 6,
  functions: ['selu'],
  functionToNodes: ([x], _, graph) => graph.node('Selu', [x!.name]),
  toModule: (node) => {
    const [alpha, gamma] = [node.float('alpha', ALPHA), node.float('gamma', GAMMA)];
    if (alpha !== ALPHA || gamma !== GAMMA)
      node.fail('have the alpha and gamma of SELU', `${alpha}, ${gamma}`);
    return new nn.SELU();
  },
};
