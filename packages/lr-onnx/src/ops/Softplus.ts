import { nn } from '@org/lr-native';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';

/** Above this a softplus is x, as float32 has it: a threshold from here on changes nothing. */
const LINEAR = 20;

/** log(1 + exp(beta · x)) / beta, or x where beta · x is above the threshold. */
function softplus(x: string, graph: GraphBuilder, beta: number, threshold: number): string {
  if (beta === 1 && threshold >= LINEAR) return graph.node('Softplus', [x]);
  const scaled = graph.node('Mul', [x, graph.scalar(beta)]);
  const y = graph.node('Div', [graph.node('Softplus', [scaled]), graph.scalar(beta)]);
  if (threshold >= LINEAR) return y;
  return graph.node('Where', [graph.node('Greater', [scaled, graph.scalar(threshold)]), x, y]);
}

export const Softplus = operator({
  opType: 'Softplus',
  sinceOpset: 1,
  module: nn.Softplus,
  toNodes: ({ beta, threshold }, x, graph) => softplus(x.name, graph, beta, threshold),
  functions: ['softplus'],
  functionToNodes: ([x], _, graph, { a, b }) => softplus(x!.name, graph, a as number, b as number),
  toModule: () => new nn.Softplus(),
});

/** log(sigmoid(x)) = -softplus(-x) */
export const SoftplusOfLogSigmoid = operator({
  opType: 'Softplus',
  sinceOpset: 1,
  functions: ['logsigmoid'],
  functionToNodes: ([x], _, graph) =>
    graph.node('Neg', [graph.node('Softplus', [graph.node('Neg', [x!.name])])]),
});
