import { nn, ones, zeros } from '@org/lr-native';
import { float } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import type { Operator, Value } from '../operator.ts';
import { writeBatchNorm } from './BatchNormalization.ts';

/** By running statistics, where there are some, it is a batch norm. */
function toNodes(module: nn.InstanceNorm2d, x: Value, graph: GraphBuilder, ndim: number): string {
  graph.checkNdim('InstanceNormalization', x.sample, ndim);
  if (module.trackRunningStats) return writeBatchNorm(module, x, graph);
  const { numFeatures, weight, bias, eps } = module;
  const constants = [weight ?? ones([numFeatures]), bias ?? zeros([numFeatures])];
  const inputs = [x.name, ...constants.map((tensor) => graph.weight(tensor))];
  return graph.node('InstanceNormalization', inputs, { epsilon: float(eps) });
}

const row = (module: typeof nn.InstanceNorm1d | typeof nn.InstanceNorm2d, ndim: number): Operator =>
  operator({
    opType: 'InstanceNormalization',
    sinceOpset: 9,
    module,
    toNodes: (instance, x, graph) => toNodes(instance as nn.InstanceNorm2d, x, graph, ndim),
  });

export const InstanceNormalization1d = row(nn.InstanceNorm1d, 3);
export const InstanceNormalization2d = row(nn.InstanceNorm2d, 4);
