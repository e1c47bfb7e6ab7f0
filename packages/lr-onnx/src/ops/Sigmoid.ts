import { nn } from '@org/lr-native';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';

/** Sigmoid alone, or SiLU where a Mul of the same value follows. */
export const Sigmoid = operator({
  opType: 'Sigmoid',
  sinceOpset: 6,
  module: nn.Sigmoid,
  toNodes: (_, x, graph) => graph.node('Sigmoid', [x.name]),
  functions: ['sigmoid'],
  functionToNodes: ([x], _, graph) => graph.node('Sigmoid', [x!.name]),
  toModule: (node) => {
    const [x] = node.inputs;
    const { next } = node;
    if (next?.opType !== 'Mul' || !next.inputs.includes(x!)) return new nn.Sigmoid();
    node.tookNext = true;
    return new nn.SiLU();
  },
});

const silu = (x: string, graph: GraphBuilder): string => graph.node('Mul', [x, graph.node('Sigmoid', [x])]);

/** x · sigmoid(x), for which operator sets before 24 have no operator. */
export const SigmoidOfSilu = operator({
  opType: 'Sigmoid',
  sinceOpset: 7,
  module: nn.SiLU,
  toNodes: (_, x, graph) => silu(x.name, graph),
  functions: ['silu'],
  functionToNodes: ([x], _, graph) => silu(x!.name, graph),
});
