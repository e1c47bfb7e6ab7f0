import { ArgumentError, checkInteger, checkType, message } from '@org/lr-core';
import { F, nn } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';
import { operator } from '../operator.ts';

/** Other lengths for the same elements, as ONNX gives them: what Reshape nodes are imported as. */
export class Reshape extends nn.Module {
  readonly sizes: readonly number[];

  /**
   * @param sizes the new lengths; 0 keeps that of the same dimension, and one may be -1: what is left over
   * @throws ArgumentError, ArgumentRangeError
   */
  constructor(sizes: readonly number[]) {
    super();
    checkType(Array.isArray(sizes), 'Reshape', 'sizes', 'an array of integers', sizes);
    sizes.forEach((size, i) => checkInteger('Reshape', `sizes[${i}]`, size, -1));
    if (sizes.filter((size) => size === -1).length > 1) {
      throw new ArgumentError(message('Reshape', 'sizes', 'integers with at most one -1', sizes));
    }
    this.sizes = [...sizes];
  }

  forward(x: Tensor): Tensor {
    return F.reshape(
      x,
      this.sizes.map((size, i) => (size === 0 ? (x.shape[i] ?? 0) : size)),
    );
  }
}

export const ReshapeOp = operator({
  opType: 'Reshape',
  sinceOpset: 5,
  module: Reshape,
  toNodes: ({ sizes }, x, graph) => graph.node('Reshape', [x.name, graph.integers('sizes', sizes)]),
  functions: ['reshape', 'view', 'flatten', 'unflatten', 'squeeze', 'unsqueeze'],
  functionToNodes: ([x], y, graph) => graph.node('Reshape', [x!.name, graph.integers('sizes', y.shape)]),
  toModule: (node) => {
    if (node.int('allowzero', 0) !== 0) node.fail('have 0 as allowzero', '1');
    const sizes = node.integers(1);
    const flattens = sizes.length > 0 && sizes.every((size, i) => size === (i === sizes.length - 1 ? -1 : 0));
    return flattens ? new nn.Flatten({ startDim: sizes.length - 1 }) : new Reshape(sizes);
  },
});

/** Flatten of some dimensions, or of all; Flatten.ts has the usual one. */
export const ReshapeOfFlatten = operator({
  opType: 'Reshape',
  sinceOpset: 5,
  module: nn.Flatten,
  toNodes: ({ startDim, endDim }, x, graph) => {
    const { shape, ndim } = x.sample;
    const start = startDim < 0 ? startDim + ndim : startDim;
    const end = endDim < 0 ? endDim + ndim : endDim;
    const sizes = [...shape.slice(0, start).map(() => 0), -1, ...shape.slice(end + 1)];
    return graph.node('Reshape', [x.name, graph.integers('sizes', sizes)]);
  },
});
