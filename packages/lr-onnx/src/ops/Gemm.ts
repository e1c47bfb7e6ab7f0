import { nn } from '@org/lr-native';
import { int } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import { makeLinear } from './MatMul.ts';

/** Linear on (rows, features); MatMul.ts has the other shapes. */
export const Gemm = operator({
  opType: 'Gemm',
  sinceOpset: 11,
  module: nn.Linear,
  when: (_, x) => x.ndim === 2,
  toNodes: ({ weight, bias }, x, graph) => {
    const inputs = [x.name, graph.weight('weight', weight)];
    if (bias !== null) inputs.push(graph.weight('bias', bias));
    return graph.node('Gemm', inputs, { transB: int(1) });
  },
  toModule: (node) => {
    const { shape, data } = node.weight(1, 2);
    const transposed = node.int('transB', 0) === 1;
    const [outFeatures, inFeatures] = transposed ? shape : [shape[1], shape[0]];
    for (const name of ['alpha', 'beta']) {
      const value = node.float(name, 1);
      if (value !== 1) node.fail(`have 1 as ${name}`, `${value}`);
    }
    if (node.int('transA', 0) !== 0) node.fail('have 0 as transA', '1');
    return makeLinear(inFeatures!, outFeatures!, data, transposed, node.weightOf(2, [outFeatures!]));
  },
});
