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

/** Each part may be absent: an operator that is only written, only read, or written for functions alone. */
export interface Operator<M extends nn.Module = nn.Module> {
  /** The ONNX operator. */
  readonly opType: string;
  /** The first version of the operator set in which it has the attributes and the meaning used here. */
  readonly sinceOpset: number;

  /** The class of the modules that are exported as this operator. */
  readonly module?: abstract new (...args: never[]) => M;
  /** Which of those modules; all by default. The first row that takes a module writes it. */
  readonly when?: (module: M, x: Tensor<DType>) => boolean;
  /** Adds the nodes for `module` on the value `x`; the name of the result. */
  readonly toNodes?: (module: M, x: Value, graph: GraphBuilder) => string;

  /** The functions of lr-native, by the names on its tape, that are exported as this operator. */
  readonly functions?: readonly string[];
  /** Adds the nodes for a function that made `y` of `inputs`, `attributes` being its options; the name of the result. */
  readonly functionToNodes?: (
    inputs: readonly Value[],
    y: Tensor<DType>,
    graph: GraphBuilder,
    attributes: Readonly<Record<string, unknown>>,
  ) => string;

  /** What a node computes from its inputs, for one that can read several values or has no weights. */
  readonly toFunction?: (node: ImportedNode) => (inputs: readonly Tensor[]) => Tensor;
  /** The module that a node is imported as, where it reads one value and its other inputs are constants. */
  readonly toModule?: (node: ImportedNode) => nn.Module;
}

/** A row, with its module's type forgotten: `module` says for which modules the functions are called. */
export function operator<M extends nn.Module>(row: Operator<M>): Operator {
  return row as unknown as Operator;
}
