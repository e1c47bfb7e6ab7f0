import type { Operator } from '../operator.ts';

/** A range of one dimension, which goes where a single place of it was taken. */
export const Slice: Operator = {
  opType: 'Slice',
  sinceOpset: 13,
  functions: ['narrow', 'select', 'split', 'chunk', 'unbind'],
  functionToNodes: ([x], y, graph, { dim, start, length }) => {
    const axes = graph.integers('axes', [dim as number]);
    const starts = graph.integers('starts', [start as number]);
    const ends = graph.integers('ends', [(start as number) + (length as number)]);
    const part = graph.node('Slice', [x!.name, starts, ends, axes]);
    return y.ndim === x!.sample.ndim ? part : graph.node('Squeeze', [part, axes]);
  },
};
