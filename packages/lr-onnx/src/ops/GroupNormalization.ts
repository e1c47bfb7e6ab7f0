import { nn, ones, zeros } from '@org/lr-native';
import { float, int } from '../graph-builder.ts';
import { operator } from '../operator.ts';

/** Scale and shift are those of channels since operator set 21, and were those of groups before. */
export const GroupNormalization = operator({
  opType: 'GroupNormalization',
  sinceOpset: 21,
  module: nn.GroupNorm,
  toNodes: ({ numGroups, numChannels, weight, bias, eps }, x, graph) => {
    const constants = [weight ?? ones([numChannels]), bias ?? zeros([numChannels])];
    const inputs = [x.name, ...constants.map((tensor) => graph.weight(tensor))];
    return graph.node('GroupNormalization', inputs, { num_groups: int(numGroups), epsilon: float(eps) });
  },
  toModule: (node) => {
    const { shape, data } = node.weight(1, 1);
    const bias = node.weightAt(2, shape);
    // The type in which it computes, which is float32 here.
    node.int('stash_type', 1);
    const eps = node.float('epsilon', Math.fround(1e-5));
    const groups = node.int('num_groups', 0);
    if (groups < 1 || shape[0]! % groups !== 0) {
      node.fail(`have a divisor of its ${shape[0]} channels as num_groups`, `${groups}`);
    }
    const module = new nn.GroupNorm(groups, shape[0]!, { eps });
    module.weight!.data = data;
    module.bias!.data = bias;
    return module;
  },
});
