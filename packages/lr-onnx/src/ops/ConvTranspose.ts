import { nn } from '@org/lr-native';
import { int, ints } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import type { Operator, Value } from '../operator.ts';

/** The fields of a module, and what the tape keeps of the function, of images or signals. */
type Geometry = Pick<nn.ConvTranspose2d, 'stride' | 'padding' | 'outputPadding' | 'dilation' | 'groups'>;

function write(
  graph: GraphBuilder,
  x: Value,
  weights: readonly string[],
  kernel: readonly number[],
  { stride, padding, outputPadding, dilation, groups }: Geometry,
): string {
  const spatial = kernel.length;
  graph.checkNdim('ConvTranspose', x.sample, spatial + 2);
  const pads = padding.slice(-spatial);
  return graph.node('ConvTranspose', [x.name, ...weights], {
    kernel_shape: ints(kernel),
    strides: ints(stride.slice(-spatial)),
    pads: ints([...pads, ...pads]),
    dilations: ints(dilation.slice(-spatial)),
    output_padding: ints(outputPadding.slice(-spatial)),
    group: int(groups),
  });
}

export const ConvTranspose = operator({
  opType: 'ConvTranspose',
  sinceOpset: 11,
  module: nn.ConvTranspose2d,
  toNodes: (module, x, graph) => {
    const weights = [module.weight, ...(module.bias === null ? [] : [module.bias])];
    return write(
      graph,
      x,
      weights.map((tensor) => graph.weight(tensor)),
      module.kernelSize,
      module,
    );
  },
});

/** Of signals, and functions, whose bias is added after them. */
export const ConvTransposeOfFunctions: Operator = {
  opType: 'ConvTranspose',
  sinceOpset: 11,
  functions: ['convTranspose1d', 'convTranspose2d'],
  functionToNodes: ([x, weight], _, graph, attributes) =>
    write(graph, x!, [weight!.name], weight!.sample.shape.slice(2), attributes as unknown as Geometry),
};
