import { nn } from '@org/lr-native';
import { int, ints } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import { makeLinear } from './MatMul.ts';

/** Linear on (rows, features), MatMul.ts having the other shapes, and the function linear on all of them. */
export const Gemm = operator({
  opType: 'Gemm',
  sinceOpset: 11,
  module: nn.Linear,
  when: (_, x) => x.ndim === 2,
  toNodes: ({ weight, bias }, x, graph) => {
    const inputs = [x.name, graph.weight(weight)];
    if (bias !== null) inputs.push(graph.weight(bias));
    return graph.node('Gemm', inputs, { transB: int(1) });
  },
  functions: ['linear'],
  functionToNodes: ([x, weight, bias], _, graph) => {
    const rest = bias === undefined ? [] : [bias.name];
    if (x!.sample.ndim === 2) return graph.node('Gemm', [x!.name, weight!.name, ...rest], { transB: int(1) });
    const product = graph.node('MatMul', [
      x!.name,
      graph.node('Transpose', [weight!.name], { perm: ints([1, 0]) }),
    ]);
    return bias === undefined ? product : graph.node('Add', [product, ...rest]);
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
