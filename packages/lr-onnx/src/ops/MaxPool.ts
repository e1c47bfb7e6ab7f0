import { nn } from '@org/lr-native';
import { int, ints } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import type { Value } from '../operator.ts';
import { addsWindows, readPads } from '../pads.ts';

/** MaxPool2d's fields. */
type Window = Pick<nn.MaxPool2d, 'kernelSize' | 'stride' | 'padding' | 'dilation' | 'ceilMode'>;

function toNodes(window: Window, x: Value, graph: GraphBuilder): string {
  const { kernelSize, stride, padding, dilation } = window;
  graph.checkNdim('MaxPool', x.sample, 4);
  return graph.node('MaxPool', [x.name], {
    kernel_shape: ints(kernelSize),
    strides: ints(stride),
    pads: ints([...padding, ...padding]),
    dilations: ints(dilation),
    ceil_mode: int(addsWindows(window, x.sample) ? 1 : 0),
  });
}

export const MaxPool = operator({
  opType: 'MaxPool',
  sinceOpset: 10,
  module: nn.MaxPool2d,
  toNodes,
  functions: ['maxPool2d'],
  functionToNodes: ([x], _, graph, { kernel, ...window }) =>
    toNodes({ ...window, kernelSize: kernel } as unknown as Window, x!, graph),
  toModule: (node) => {
    const autoPad = node.text('auto_pad', 'NOTSET');
    if (autoPad !== 'NOTSET' && autoPad !== 'VALID') node.fail('have explicit pads', `auto_pad ${autoPad}`);
    // The order of indices, which only a second output shows.
    node.int('storage_order', 0);
    return new nn.MaxPool2d(node.pair('kernel_shape', [0, 0]), {
      stride: node.pair('strides', [1, 1]),
      padding: readPads(node, node.ints('pads', [0, 0, 0, 0])),
      dilation: node.pair('dilations', [1, 1]),
      ceilMode: node.int('ceil_mode', 0) === 1,
    });
  },
});
