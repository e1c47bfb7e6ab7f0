import { ArgumentError } from '@org/lr-core';
import { nn, ones, zeros } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';
import { float } from '../graph-builder.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { operator } from '../operator.ts';
import type { Value } from '../operator.ts';

/** Batch norm of (N, C, …), any number of dimensions: what BatchNormalization nodes, which do not say it, are imported as. */
export class BatchNorm extends nn.BatchNorm2d {
  override forward(x: Tensor): Tensor {
    return this.normalize(x);
  }
}

/** Both of ONNX, as a share that is moved, and of PyTorch. */
const DEFAULT_MOMENTUM = 0.1;

type AnyBatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.InstanceNorm2d;

export function writeBatchNorm(module: AnyBatchNorm, x: Value, graph: GraphBuilder): string {
  const { runningMean, runningVar, numFeatures, eps, momentum } = module;
  if (runningMean === null || runningVar === null) {
    throw new ArgumentError(
      `[exportOnnx] expected ${graph.module} to have running statistics, as BatchNormalization wants them, ` +
        'but received one with trackRunningStats false',
    );
  }
  const constants = [
    module.weight ?? ones([numFeatures]),
    module.bias ?? zeros([numFeatures]),
    runningMean,
    runningVar,
  ];
  const inputs = [x.name, ...constants.map((tensor) => graph.weight(tensor))];
  // ONNX's is the share that running statistics keep.
  const share = float(1 - (momentum ?? DEFAULT_MOMENTUM));
  return graph.node('BatchNormalization', inputs, { epsilon: float(eps), momentum: share });
}

/** In evaluation mode: by the running statistics. */
export const BatchNormalization = operator({
  opType: 'BatchNormalization',
  sinceOpset: 9,
  module: BatchNorm,
  toNodes: writeBatchNorm,
  toModule: (node) => {
    const { shape, data } = node.weight(1, 1);
    if (node.int('training_mode', 0) !== 0) node.fail('have 0 as training_mode', '1');
    const momentum = 1 - node.float('momentum', Math.fround(1 - DEFAULT_MOMENTUM));
    const module = new BatchNorm(shape[0]!, { eps: node.float('epsilon', Math.fround(1e-5)), momentum });
    module.weight!.data = data;
    module.bias!.data = node.weightAt(2, shape);
    module.runningMean!.data = node.weightAt(3, shape);
    module.runningVar!.data = node.weightAt(4, shape);
    return module;
  },
});

export const BatchNormalization1d = operator({
  opType: 'BatchNormalization',
  sinceOpset: 9,
  module: nn.BatchNorm1d,
  toNodes: writeBatchNorm,
});

export const BatchNormalization2d = operator({
  opType: 'BatchNormalization',
  sinceOpset: 9,
  module: nn.BatchNorm2d,
  toNodes: writeBatchNorm,
});

export const BatchNormalization3d = operator({
  opType: 'BatchNormalization',
  sinceOpset: 9,
  module: nn.BatchNorm3d,
  toNodes: writeBatchNorm,
});
