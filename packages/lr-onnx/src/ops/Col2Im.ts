import { ints } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

/** Of a batch of columns. */
export const Col2Im: Operator = {
  opType: 'Col2Im',
  sinceOpset: 18,
  functions: ['fold'],
  functionToNodes: ([x], _, graph, { size, kernel, stride, padding, dilation }) => {
    graph.checkNdim('Col2Im', x!.sample, 3);
    const pads = padding as number[];
    return graph.node(
      'Col2Im',
      [
        x!.name,
        graph.integers('image_shape', size as number[]),
        graph.integers('block_shape', kernel as number[]),
      ],
      {
        strides: ints(stride as number[]),
        pads: ints([...pads, ...pads]),
        dilations: ints(dilation as number[]),
      },
    );
  },
};
