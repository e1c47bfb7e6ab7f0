import { nn, ones } from '@org/lr-native';
import { float, int } from '../graph-builder.ts';
import { operator } from '../operator.ts';

/** Over the last dimensions, which are those of the scale. */
export const LayerNormalization = operator({
  opType: 'LayerNormalization',
  sinceOpset: 17,
  module: nn.LayerNorm,
  toNodes: ({ normalizedShape, weight, bias, eps }, x, graph) => {
    const inputs = [x.name, graph.weight(weight ?? ones(normalizedShape))];
    if (bias !== null) inputs.push(graph.weight(bias));
    const attributes = { axis: int(-normalizedShape.length), epsilon: float(eps) };
    return graph.node('LayerNormalization', inputs, attributes);
  },
  toModule: (node) => {
    const axis = node.int('axis', -1);
    if (axis >= 0) node.fail('count axis from the end', `${axis}`);
    const { shape, data } = node.weight(1, -axis);
    // The type in which it computes, which is float32 here.
    node.int('stash_type', 1);
    const bias = node.weightOf(2, shape);
    const module = new nn.LayerNorm(shape, {
      eps: node.float('epsilon', Math.fround(1e-5)),
      bias: bias !== null,
    });
    module.weight!.data = data;
    if (bias !== null) module.bias!.data = bias;
    return module;
  },
});
