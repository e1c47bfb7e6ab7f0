import { nn } from '@org/lr-native';
import { int, ints } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import type { ImportedNode } from '../imported-node.ts';
import { operator } from '../operator.ts';
import type { Value } from '../operator.ts';
import { readPads } from '../pads.ts';

/** Zeros above, left, below, right, as ONNX orders them. PyTorch puts the odd one of 'same' at the end. */
function padsOf({ padding, kernelSize, dilation }: nn.Conv2d): number[] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') return [...padding, ...padding];
  const total = kernelSize.map((size, i) => dilation[i]! * (size - 1));
  const before = total.map((size) => Math.floor(size / 2));
  return [...before, ...total.map((size, i) => size - before[i]!)];
}

/** Padding as Conv2d takes it. */
function paddingOf(
  node: ImportedNode,
  kernel: readonly number[],
  dilation: readonly number[],
): nn.Conv2d['padding'] {
  const autoPad = node.text('auto_pad', 'NOTSET');
  if (autoPad === 'SAME_UPPER') return 'same';
  if (autoPad === 'VALID') return 'valid';
  if (autoPad !== 'NOTSET') return node.fail('have a known auto_pad', autoPad);
  const pads = node.ints('pads', [0, 0, 0, 0]);
  const total = kernel.map((size, i) => dilation[i]! * (size - 1));
  const isSame = total.every(
    (size, i) => pads[i] === Math.floor(size / 2) && pads[i + 2] === Math.ceil(size / 2),
  );
  const isEven = pads[0] === pads[2] && pads[1] === pads[3];
  if (isSame && !isEven) return 'same';
  return readPads(node, pads);
}

/** Options of a convolution, with pads as ONNX has them. */
interface Geometry {
  readonly stride: readonly number[];
  readonly pads: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** What the tape keeps of conv2d. */
type FunctionGeometry = Omit<Geometry, 'pads'> & {
  readonly padding: { readonly before: readonly number[]; readonly after: readonly number[] };
};

function write(
  graph: GraphBuilder,
  x: Value,
  weights: readonly string[],
  kernel: readonly number[],
  { stride, pads, dilation, groups }: Geometry,
): string {
  graph.checkNdim('Conv', x.sample, kernel.length + 2);
  return graph.node('Conv', [x.name, ...weights], {
    kernel_shape: ints(kernel),
    strides: ints(stride),
    pads: ints(pads),
    dilations: ints(dilation),
    group: int(groups),
  });
}

export const Conv = operator({
  opType: 'Conv',
  sinceOpset: 1,
  module: nn.Conv2d,
  // Other padding is that of a Pad before it.
  when: ({ paddingMode }) => paddingMode === 'zeros',
  toNodes: (module, x, graph) => {
    const { weight, bias, kernelSize, stride, dilation, groups } = module;
    const weights = [weight, ...(bias === null ? [] : [bias])].map((tensor) => graph.weight(tensor));
    return write(graph, x, weights, kernelSize, { stride, pads: padsOf(module), dilation, groups });
  },
  functions: ['conv1d', 'conv2d'],
  functionToNodes: ([x, ...weights], _, graph, attributes) => {
    const { stride, padding, dilation, groups } = attributes as unknown as FunctionGeometry;
    const names = weights.map(({ name }) => name);
    const kernel = weights[0]!.sample.shape.slice(2);
    const last = (sizes: readonly number[]): readonly number[] => sizes.slice(-kernel.length);
    const pads = [...last(padding.before), ...last(padding.after)];
    return write(graph, x!, names, kernel, { stride: last(stride), pads, dilation: last(dilation), groups });
  },
  toModule: (node) => {
    const { shape, data } = node.weight(1, 4);
    const [outChannels, channels, ...kernel] = shape as [number, number, number, number];
    const shaped = node.pair('kernel_shape', kernel);
    if (shaped.some((size, i) => size !== kernel[i])) node.fail(`have the kernel [${shaped}]`, `[${kernel}]`);
    const groups = node.int('group', 1);
    const dilation = node.pair('dilations', [1, 1]);
    const bias = node.weightOf(2, [outChannels]);
    const module = new nn.Conv2d(channels * groups, outChannels, kernel, {
      stride: node.pair('strides', [1, 1]),
      padding: paddingOf(node, kernel, dilation) as [number, number] | 'same' | 'valid',
      dilation,
      groups,
      bias: bias !== null,
    });
    module.weight.data = data;
    if (bias !== null) module.bias!.data = bias;
    return module;
  },
});
