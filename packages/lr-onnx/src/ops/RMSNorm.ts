import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';
import { reduce } from './Reduce.ts';

const FLOAT32_EPS = 1.1920928955078125e-7;

/** x / sqrt(mean(x²) + eps) · weight, written out: operator sets before 23 have no operator. */
export const RMSNorm = operator({
  opType: 'ReduceMean',
  sinceOpset: 13,
  module: nn.RMSNorm,
  toNodes: ({ normalizedShape, weight, eps }, x, graph) => {
    const dims = normalizedShape.map((_, d) => d - normalizedShape.length);
    const mean = reduce(graph, 'ReduceMean', graph.node('Mul', [x.name, x.name]), dims, true);
    // PyTorch's default is that of the element type.
    const shifted = graph.node('Add', [mean, graph.scalar(eps ?? FLOAT32_EPS)]);
    const y = graph.node('Div', [x.name, graph.node('Sqrt', [shifted])]);
    return weight === null ? y : graph.node('Mul', [y, graph.weight(weight)]);
  },
});
