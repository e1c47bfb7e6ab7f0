import { ArgumentRangeError, message } from '@org/lr-core';
import { text } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

const MODES: Readonly<Record<string, string>> = {
  constant: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
  circular: 'wrap',
};

export const Pad: Operator = {
  opType: 'Pad',
  sinceOpset: 13,
  functions: ['pad'],
  functionToNodes: ([x], _, graph, { mode, before, after, value }) => {
    if (mode === 'circular' && graph.opset < 19) {
      const what = `an integer >= 19, which circular padding of ${graph.module} (Pad) needs,`;
      throw new ArgumentRangeError(message('exportOnnx', 'opset', what, graph.opset));
    }
    const pads = graph.integers('pads', [...(before as number[]), ...(after as number[])]);
    const constant = mode === 'constant' && value !== 0 ? [graph.scalar(value as number)] : [];
    return graph.node('Pad', [x!.name, pads, ...constant], { mode: text(MODES[mode as string]!) });
  },
};
