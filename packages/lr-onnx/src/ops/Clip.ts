import { ArgumentError } from '@org/lr-core';
import type { Operator } from '../operator.ts';

/** Clamping between numbers. */
export const Clip: Operator = {
  opType: 'Clip',
  sinceOpset: 12,
  functions: ['relu6', 'hardtanh', 'clamp'],
  functionToNodes: ([x], _, graph, { kind, a, b }) => {
    if (kind !== 'clamp' && kind !== 'hardtanh') {
      throw new ArgumentError(
        `[exportOnnx] expected ${graph.module} to clamp between numbers but received clamp between tensors or NaN`,
      );
    }
    return graph.node('Clip', [x!.name, graph.scalar(a as number), graph.scalar(b as number)]);
  },
};
