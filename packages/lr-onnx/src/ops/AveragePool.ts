import { ArgumentError } from '@org/lr-core';
import { nn } from '@org/lr-native';
import { int, ints } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import type { Value } from '../operator.ts';
import { addsWindows, readPads } from '../pads.ts';
import type { CeilWindow } from '../pads.ts';

interface Window extends Omit<CeilWindow, 'dilation'> {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;
}

/** A divisor of one's own is a factor after it, which holds where all windows are whole. */
function toNodes(window: Window, x: Value, graph: GraphBuilder): string {
  const { kernelSize, stride, padding, countIncludePad, divisorOverride } = window;
  graph.checkNdim('AveragePool', x.sample, kernelSize.length + 2);
  const ceils = addsWindows({ ...window, dilation: kernelSize.map(() => 1) }, x.sample);
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
  const size = kernelSize.reduce((product, length) => product * length, 1);
  return graph.node('Mul', [mean, graph.scalar(size / divisorOverride)]);
}

export const AveragePool = operator({
  opType: 'AveragePool',
  sinceOpset: 11,
  module: nn.AvgPool2d,
  toNodes,
  functions: ['avgPool1d', 'avgPool2d'],
  functionToNodes: ([x], y, graph, { kernel, stride, padding, ...window }) => {
    const last = (sizes: unknown): number[] => (sizes as number[]).slice(2 - y.ndim);
    const sizes = { kernelSize: last(kernel), stride: last(stride), padding: last(padding) };
    return toNodes({ ...window, ...sizes } as unknown as Window, x!, graph);
  },
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

/** The windows of equal sizes that (N, C, …) has `size` of. @throws ArgumentError, ShapeError */
export function adaptiveWindow(
  opType: string,
  x: Value,
  graph: GraphBuilder,
  size: readonly (number | null)[],
): number[] {
  graph.checkNdim(opType, x.sample, size.length + 2);
  const lengths = x.sample.shape.slice(2);
  const windows = lengths.map((length, axis) => length / (size[axis] ?? length));
  if (!windows.every(Number.isInteger)) {
    throw new ArgumentError(
      `[exportOnnx] expected the outputSize of ${graph.module} to divide [${lengths.join(', ')}], since the windows ` +
        `of ${opType} are all of one size, but received [${size.join(', ')}]`,
    );
  }
  return windows;
}

function adaptive(x: Value, graph: GraphBuilder, size: readonly (number | null)[]): string {
  const windows = ints(adaptiveWindow('AveragePool', x, graph, size));
  return graph.node('AveragePool', [x.name], { kernel_shape: windows, strides: windows });
}

/** Windows of equal sizes; GlobalAveragePool.ts has the single one. */
export const AveragePoolOfAdaptive = operator({
  opType: 'AveragePool',
  sinceOpset: 11,
  module: nn.AdaptiveAvgPool2d,
  toNodes: ({ outputSize }, x, graph) => adaptive(x, graph, outputSize),
  functions: ['adaptiveAvgPool1d', 'adaptiveAvgPool2d'],
  functionToNodes: ([x], y, graph) => adaptive(x!, graph, y.shape.slice(2)),
});
