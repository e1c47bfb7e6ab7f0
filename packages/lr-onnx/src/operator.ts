/**
 * What a handler of an ONNX operator is. One file an operator in ops/, named as the operator; its row in ops/index.ts.
 */
import type { nn, DType, Tensor } from '@org/lr-native';
import type { GraphBuilder } from './graph-builder.ts';
import type { ImportedNode } from './imported-node.ts';

/** A value of the graph being written, and a tensor of its type and shape. */
export interface Value {
  readonly name: string;
  readonly sample: Tensor<DType>;
}

export interface Operator<M extends nn.Module = nn.Module> {
  /** The ONNX operator. */
  readonly opType: string;
  /** The first version of the operator set in which it has the attributes and the meaning used here. */
  readonly sinceOpset: number;
  /** The class of the modules that are exported as this operator; absent where there is none. */
  readonly module?: abstract new (...args: never[]) => M;
  /** Which of those modules; absent means all. The first row that takes a module writes it. */
  readonly when?: (module: M, x: Tensor<DType>) => boolean;
  /** Adds the nodes for `module` on the value `x`; the name of the result. */
  readonly toNodes?: (module: M, x: Value, graph: GraphBuilder) => string;
  /** The module that a node is imported as; absent where it cannot be one. */
  readonly toModule?: (node: ImportedNode) => nn.Module;
}

/** A row, with its module's type forgotten: `module` says for which modules the functions are called. */
export function operator<M extends nn.Module>(row: Operator<M>): Operator {
  return row as unknown as Operator;
}
