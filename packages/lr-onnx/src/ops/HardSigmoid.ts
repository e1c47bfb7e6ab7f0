import { nn } from '@org/lr-native';
import { float } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

const ALPHA = Math.fround(1 / 6);

const hardSigmoid = (x: string, graph: GraphBuilder): string =>
  graph.node('HardSigmoid', [x], { alpha: float(ALPHA), beta: float(0.5) });

export const HardSigmoid: Operator = {
  opType: 'HardSigmoid',
  sinceOpset: 6,
  functions: ['hardsigmoid'],
  functionToNodes: ([x], _, graph) => hardSigmoid(x!.name, graph),
  toModule: (node) => {
    const [alpha, beta] = [node.float('alpha', Math.fround(0.2)), node.float('beta', 0.5)];
    if (alpha !== ALPHA || beta !== 0.5) node.fail('have 1/6 and 0.5 as alpha and beta', `${alpha}, ${beta}`);
    return new nn.Hardsigmoid();
  },
};

/** x · hardsigmoid(x), written out where the operator set has none. */
export const HardSwish: Operator = {
  opType: 'HardSwish',
  sinceOpset: 6,
  functions: ['hardswish'],
  functionToNodes: ([x], _, graph) => {
    if (graph.opset >= 14) return graph.node('HardSwish', [x!.name]);
    return graph.node('Mul', [x!.name, hardSigmoid(x!.name, graph)]);
  },
  toModule: () => new nn.Hardswish(),
};
