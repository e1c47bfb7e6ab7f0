import { F, nn } from '@org/lr-native';
import { operator } from '../operator.ts';
import { transpose } from '../tensor-data.ts';

/** Linear of a weight (outFeatures, inFeatures), or (inFeatures, outFeatures) where it is not transposed. */
export function makeLinear(
  inFeatures: number,
  outFeatures: number,
  weight: Float32Array,
  transposed: boolean,
  bias: Float32Array | null,
): nn.Linear {
  const module = new nn.Linear(inFeatures, outFeatures, { bias: bias !== null });
  module.weight.data = transposed ? weight : transpose(weight, inFeatures, outFeatures);
  if (bias !== null) module.bias!.data = bias;
  return module;
}

/** Linear on any number of dimensions but two, with the Add of its bias; Gemm.ts has the matrices. */
export const MatMul = operator({
  opType: 'MatMul',
  sinceOpset: 9,
  module: nn.Linear,
  toNodes: ({ weight, bias }, x, graph) => {
    const product = graph.node('MatMul', [x.name, graph.transposedWeight(weight)]);
    return bias === null ? product : graph.node('Add', [product, graph.weight(bias)]);
  },
  functions: ['matmul'],
  functionToNodes: ([a, b], _, graph) => graph.node('MatMul', [a!.name, b!.name]),
  toFunction:
    () =>
    ([a, b]) =>
      F.matmul(a!, b!),
  toModule: (node) => {
    const { shape, data } = node.weight(1, 2);
    const [inFeatures, outFeatures] = shape as [number, number];
    const { next } = node;
    const position = next?.inputs[0] === node.output ? 1 : 0;
    if (next?.opType !== 'Add' || !next.hasConstant(position, [outFeatures])) {
      return makeLinear(inFeatures, outFeatures, data, false, null);
    }
    node.tookNext = true;
    return makeLinear(inFeatures, outFeatures, data, false, next.weightOf(position, [outFeatures]));
  },
});
