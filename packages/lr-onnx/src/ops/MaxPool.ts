import { nn } from '@org/lr-native';
import { int, ints } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import { readPads } from '../pads.ts';

export const MaxPool = operator({
  opType: 'MaxPool',
  sinceOpset: 10,
  module: nn.MaxPool2d,
  toNodes: ({ kernelSize, stride, padding, dilation, ceilMode }, x, graph) => {
    graph.checkNdim('MaxPool', x.sample, 4);
    return graph.node('MaxPool', [x.name], {
      kernel_shape: ints(kernelSize),
      strides: ints(stride),
      pads: ints([...padding, ...padding]),
      dilations: ints(dilation),
      ceil_mode: int(ceilMode ? 1 : 0),
    });
  },
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
