import { nn } from '@org/lr-native';
import { int, ints } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import type { Operator, Value } from '../operator.ts';
import { addsWindows, readPads } from '../pads.ts';
import type { CeilWindow } from '../pads.ts';
import { adaptiveWindow } from './AveragePool.ts';

function toNodes(window: CeilWindow, x: Value, graph: GraphBuilder): string {
  const { kernelSize, stride, padding, dilation } = window;
  graph.checkNdim('MaxPool', x.sample, kernelSize.length + 2);
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
  functions: ['maxPool1d', 'maxPool2d'],
  functionToNodes: ([x], y, graph, { kernel, stride, padding, dilation, ceilMode }) => {
    const last = (sizes: unknown): number[] => (sizes as number[]).slice(2 - y.ndim);
    const window = { stride: last(stride), padding: last(padding), dilation: last(dilation) };
    return toNodes({ kernelSize: last(kernel), ...window, ceilMode: ceilMode as boolean }, x!, graph);
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

/** Windows of equal sizes. */
export const MaxPoolOfAdaptive: Operator = {
  opType: 'MaxPool',
  sinceOpset: 10,
  functions: ['adaptiveMaxPool1d', 'adaptiveMaxPool2d'],
  functionToNodes: ([x], y, graph) => {
    const windows = ints(adaptiveWindow('MaxPool', x!, graph, y.shape.slice(2)));
    return graph.node('MaxPool', [x!.name], { kernel_shape: windows, strides: windows });
  },
};
