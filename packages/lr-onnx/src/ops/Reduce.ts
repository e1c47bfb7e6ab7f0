import { int, ints } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import type { Operator } from '../operator.ts';

/** Adds a reduction over `dims`, which have become an input over the versions. */
export function reduce(
  graph: GraphBuilder,
  opType: string,
  x: string,
  dims: readonly number[],
  keepdim: boolean,
): string {
  const keepdims = int(keepdim ? 1 : 0);
  if (graph.opset < (opType === 'ReduceSum' ? 13 : 18)) {
    return graph.node(opType, [x], { axes: ints(dims), keepdims });
  }
  return graph.node(opType, [x, graph.integers('axes', dims)], { keepdims });
}

const REDUCTIONS = {
  sum: 'ReduceSum',
  mean: 'ReduceMean',
  prod: 'ReduceProd',
  amax: 'ReduceMax',
  amin: 'ReduceMin',
  logsumexp: 'ReduceLogSumExp',
} as const;

export const REDUCE: readonly Operator[] = Object.entries(REDUCTIONS).map(([name, opType]): Operator => ({
  opType,
  sinceOpset: 13,
  functions: [name],
  functionToNodes: ([x], _, graph, { dims, keepdim }) => {
    if (x!.sample.ndim === 0) return graph.node('Identity', [x!.name]);
    return reduce(graph, opType, x!.name, dims as number[], keepdim as boolean);
  },
}));
