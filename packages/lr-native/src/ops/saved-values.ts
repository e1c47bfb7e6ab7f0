/**
 * Which values of the forward pass the backward of an op reads, so that one that has been changed in place since is an
 * error rather than a wrong gradient. An op that is in no list below is held to all of them, inputs and output; a list
 * lets it off what it does not read.
 */
import type { Node } from '../autograd.ts';
import type { DType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';

type Reads = 'nothing' | 'inputs' | 'output' | 'factors';

const OPS: { readonly [K in Reads]: readonly string[] } = {
  nothing: [
    'add',
    'sub',
    'sum',
    'mean',
    'cumsum',
    'reshape',
    'flatten',
    'squeeze',
    'unsqueeze',
    'permute',
    'transpose',
    'cat',
    'slice',
    'dropout',
    'dropout1d',
    'dropout2d',
    'alphaDropout',
    'featureAlphaDropout',
    'embedding',
    'maxPool1d',
    'maxPool2d',
    'adaptiveMaxPool1d',
    'adaptiveMaxPool2d',
    'maxUnpool2d',
    'avgPool1d',
    'avgPool2d',
    'adaptiveAvgPool1d',
    'adaptiveAvgPool2d',
    'interpolate',
    'pad',
    'unfold',
    'fold',
    'crossEntropy',
    'nllLoss',
    'view',
    'unflatten',
    'swapaxes',
    'movedim',
    'flip',
    'roll',
    'expand',
    'expandAs',
    'broadcastTo',
    'repeat',
    'tile',
    'meshgrid',
    'narrow',
    'select',
    'index',
    'split',
    'chunk',
    'unbind',
    'indexSelect',
    'gather',
    'takeAlongDim',
    'scatter',
    'scatterAdd',
    'maskedSelect',
    'diagonal',
    'diag',
    'pad',
    'asType',
    'neg',
    'sign',
    'floor',
    'ceil',
    'round',
    'trunc',
  ],
  inputs: [
    'div',
    'log',
    'abs',
    'gelu',
    'silu',
    'softplus',
    'leakyRelu',
    'relu6',
    'elu',
    'celu',
    'selu',
    'mish',
    'softsign',
    'hardtanh',
    'hardsigmoid',
    'hardswish',
    'logsigmoid',
    'tanhshrink',
    'softshrink',
    'hardshrink',
    'threshold',
    'log2',
    'log10',
    'log1p',
    'square',
    'sin',
    'cos',
    'asin',
    'acos',
    'atan',
    'sinh',
    'cosh',
    'erf',
    'erfc',
    'clamp',
    'pow',
    'maximum',
    'minimum',
    'fmod',
    'remainder',
    'atan2',
    'where',
    'maskedFill',
    'batchNorm',
    'layerNorm',
    'groupNorm',
    'instanceNorm',
    'rmsNorm',
    'var',
    'varMean',
    'mseLoss',
    'l1Loss',
    'smoothL1Loss',
    'huberLoss',
    'binaryCrossEntropy',
    'bceWithLogits',
    'klDiv',
    'poissonNllLoss',
    'gaussianNllLoss',
    'hingeEmbeddingLoss',
    'softMarginLoss',
    'marginRankingLoss',
    'multilabelSoftMarginLoss',
  ],
  output: ['relu', 'sigmoid', 'tanh', 'tan', 'exp', 'exp2', 'expm1', 'sqrt', 'rsqrt', 'reciprocal', 'softmax', 'logSoftmax'],
  // The gradient of one of the first two inputs is that of the result times the other.
  factors: ['mul', 'matmul', 'linear', 'conv1d', 'conv2d', 'convTranspose1d', 'convTranspose2d'],
};

const READS = new Map(
  (Object.keys(OPS) as Reads[]).flatMap((reads) => OPS[reads].map((op): [string, Reads] => [op, reads])),
);

/** Notes on `node`, which made `output`, what its backward will read. */
export function saveValues(node: Node, output: Tensor<DType>): void {
  const { inputs, needs, op } = node;
  const reads = READS.get(op);
  if (reads === 'nothing') return;
  if (reads === 'factors') {
    if (needs[0]) node.save(1, inputs[1]!);
    if (needs[1]) node.save(0, inputs[0]!);
    return;
  }
  if (reads !== 'output') inputs.forEach((input, i) => node.save(i, input));
  if (reads !== 'inputs') node.save('the output', output);
}
