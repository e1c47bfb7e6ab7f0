import { nn } from '@org/lr-native';
import { operator } from '../operator.ts';

/** `values` (rows, columns) as (columns, rows). */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!;
  return out;
}

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
  toNodes: ({ weight, bias, inFeatures, outFeatures }, x, graph) => {
    const data = transpose(weight.data, outFeatures, inFeatures);
    const product = graph.node('MatMul', [
      x.name,
      graph.weight('weight', weight, [inFeatures, outFeatures], data),
    ]);
    return bias === null ? product : graph.node('Add', [product, graph.weight('bias', bias)]);
  },
  toModule: (node) => {
    const { shape, data } = node.weight(1, 2);
    const [inFeatures, outFeatures] = shape as [number, number];
    const { next } = node;
    if (next?.opType !== 'Add') return makeLinear(inFeatures, outFeatures, data, false, null);
    node.tookNext = true;
    const position = next.inputs[0] === node.output ? 1 : 0;
    return makeLinear(inFeatures, outFeatures, data, false, next.weightOf(position, [outFeatures]));
  },
});
