import { Tensor } from '@org/lr-native';
import { float, ints, text } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

/** By a factor, or to a size: that of the last dimensions alone, so that any batch fits. */
export const Resize: Operator = {
  opType: 'Resize',
  sinceOpset: 18,
  functions: ['interpolate'],
  functionToNodes: ([x], y, graph, { mode, alignCorners, scale }) => {
    const spatial = y.ndim - 2;
    const axes = y.shape.map((_, d) => d).slice(2);
    const isNearest = mode === 'nearest' || mode === 'nearest-exact';
    const size =
      scale === null
        ? ['', graph.integers('sizes', y.shape.slice(2))]
        : [graph.weight(new Tensor(Float32Array.from((scale as number[]).slice(-spatial)), [spatial]))];
    return graph.node('Resize', [x!.name, '', ...size], {
      axes: ints(axes),
      mode: text(isNearest ? 'nearest' : mode === 'bicubic' ? 'cubic' : 'linear'),
      coordinate_transformation_mode: text(
        mode === 'nearest' ? 'asymmetric' : alignCorners === true ? 'align_corners' : 'half_pixel',
      ),
      ...(isNearest && { nearest_mode: text(mode === 'nearest' ? 'floor' : 'round_prefer_ceil') }),
      ...(mode === 'bicubic' && { cubic_coeff_a: float(-0.75) }),
    });
  },
};
