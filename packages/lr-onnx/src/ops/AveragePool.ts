import { ArgumentError } from '@org/lr-core';
import { nn, tensor } from '@org/lr-native';
import { int, ints } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import type { Value } from '../operator.ts';
import { addsWindows, readPads } from '../pads.ts';

/** AvgPool2d's fields, and what the tape keeps of avgPool2d. */
type Window = Pick<
  nn.AvgPool2d,
  'kernelSize' | 'stride' | 'padding' | 'ceilMode' | 'countIncludePad' | 'divisorOverride'
>;

/** A divisor of one's own is a factor after it, which holds where all windows are whole. */
function toNodes(window: Window, x: Value, graph: GraphBuilder): string {
  const { kernelSize, stride, padding, countIncludePad, divisorOverride } = window;
  graph.checkNdim('AveragePool', x.sample, 4);
  const ceils = addsWindows({ ...window, dilation: [1, 1] }, x.sample);
  if (divisorOverride !== null && ceils) {
    throw new ArgumentError(
      `[exportOnnx] expected ${graph.module} to have no divisorOverride where ceilMode is true, which AveragePool ` +
        `cannot say, but received ${divisorOverride}`,
    );
  }
  const mean = graph.node('AveragePool', [x.name], {
    kernel_shape: ints(kernelSize),
    strides: ints(stride),
    pads: ints([...padding, ...padding]),
    ceil_mode: int(ceils ? 1 : 0),
    count_include_pad: int(countIncludePad || divisorOverride !== null ? 1 : 0),
  });
  if (divisorOverride === null) return mean;
  const factor = tensor([(kernelSize[0] * kernelSize[1]) / divisorOverride], { shape: [] });
  return graph.node('Mul', [mean, graph.weight(factor)]);
}

export const AveragePool = operator({
  opType: 'AveragePool',
  sinceOpset: 11,
  module: nn.AvgPool2d,
  toNodes,
  functions: ['avgPool2d'],
  functionToNodes: ([x], _, graph, { kernel, ...window }) =>
    toNodes({ ...window, kernelSize: kernel } as unknown as Window, x!, graph),
  toModule: (node) => {
    const autoPad = node.text('auto_pad', 'NOTSET');
    if (autoPad !== 'NOTSET' && autoPad !== 'VALID') node.fail('have explicit pads', `auto_pad ${autoPad}`);
    const dilations = node.ints('dilations', [1, 1]);
    if (dilations.some((dilation) => dilation !== 1)) node.fail('have no dilations', `[${dilations}]`);
    return new nn.AvgPool2d(node.pair('kernel_shape', [0, 0]), {
      stride: node.pair('strides', [1, 1]),
      padding: readPads(node, node.ints('pads', [0, 0, 0, 0])),
      ceilMode: node.int('ceil_mode', 0) === 1,
      countIncludePad: node.int('count_include_pad', 0) === 1,
    });
  },
});

/** From (N, C, H, W) to `rows` x `columns` windows of equal sizes. */
function adaptive(x: Value, graph: GraphBuilder, size: readonly [number | null, number | null]): string {
  graph.checkNdim('AveragePool', x.sample, 4);
  const lengths = x.sample.shape.slice(2) as [number, number];
  const windows = lengths.map((length, axis) => length / (size[axis] ?? length)) as [number, number];
  if (!windows.every(Number.isInteger)) {
    throw new ArgumentError(
      `[exportOnnx] expected the outputSize of ${graph.module} to divide [${lengths.join(', ')}], since the windows ` +
        `of AveragePool are all of one size, but received [${size.join(', ')}]`,
    );
  }
  return graph.node('AveragePool', [x.name], { kernel_shape: ints(windows), strides: ints(windows) });
}

/** Windows of equal sizes; GlobalAveragePool.ts has the single one. */
export const AveragePoolOfAdaptive = operator({
  opType: 'AveragePool',
  sinceOpset: 11,
  module: nn.AdaptiveAvgPool2d,
  toNodes: ({ outputSize }, x, graph) => adaptive(x, graph, outputSize),
  functions: ['adaptiveAvgPool2d'],
  functionToNodes: ([x], y, graph) => adaptive(x!, graph, y.shape.slice(-2) as [number, number]),
});
