/** Wrong calls of what networks are made of first: convolutions, linear maps, pooling, losses, tensors, attention. */
import { ArgumentError, ArgumentRangeError, ShapeError } from '@org/lr-core';
import { F, nn, ones, setNumThreads, tensor, zeros } from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import { any } from './wrong-calls.ts';
import type { WrongCall } from './wrong-calls.ts';

const T = ArgumentError;
const R = ArgumentRangeError;
const S = ShapeError;

const image = ones([2, 3, 5, 5]);
const kernel = ones([4, 3, 3, 3]);
const vector = ones([3]);
const matrix = ones([2, 3]);
const integers = tensor(Int32Array.of(0, 1));
const empty = zeros([0, 3]);
const sequence = ones([3, 2, 4]);
const attention = new nn.MultiheadAttention(4, 2);
const classes = (...indices: number[]): Tensor<'int32'> => tensor(Int32Array.from(indices));

export const FIRST_OPS: readonly WrongCall[] = [
  [() => F.conv2d(any([1]), kernel), T, '[conv2d] expected x to be a float32 Tensor but received [1]'],
  [
    () => F.conv2d(any(undefined), kernel),
    T,
    '[conv2d] expected x to be a float32 Tensor but received undefined',
  ],
  [
    () => F.conv2d(any(integers), kernel),
    T,
    '[conv2d] expected x to be a float32 Tensor but received a Tensor of int32',
  ],
  [() => F.conv2d(image, any(null)), T, '[conv2d] expected weight to be a float32 Tensor but received null'],
  [
    () => F.conv2d(matrix, kernel),
    S,
    '[conv2d] expected x to be of shape (N, C, H, W) or (C, H, W) but received [2, 3]',
  ],
  [
    () => F.conv2d(image, matrix),
    S,
    '[conv2d] expected weight to be of shape (outChannels, inChannels / groups, kernelHeight, kernelWidth) but received [2, 3]',
  ],
  [
    () => F.conv2d(zeros([0, 3, 5, 5]), kernel),
    S,
    '[conv2d] expected x to be a Tensor with elements but received shape [0, 3, 5, 5]',
  ],
  [
    () => F.conv2d(image, ones([4, 2, 3, 3])),
    S,
    '[conv2d] expected x to be of 2 channels, as weight takes 2 in each of 1 groups, but received [2, 3, 5, 5]',
  ],
  [() => F.conv2d(image, kernel, ones([3])), S, '[conv2d] expected bias.shape to be [4] but received [3]'],
  [() => F.conv2d(image, kernel, any(1)), T, '[conv2d] expected bias to be a float32 Tensor but received 1'],
  [
    () => F.conv2d(image, ones([4, 3, 6, 6])),
    S,
    '[conv2d] expected x to be at least as large, with padding, as the dilated kernel (6, 6) but received [2, 3, 5, 5]',
  ],
  [() => F.conv2d(image, kernel, null, { dilation: 3 }), S, 'as the dilated kernel (7, 7)'],
  [
    () => F.conv2d(image, kernel, null, { stride: 0 }),
    R,
    '[conv2d] expected stride to be an integer >= 1 but received 0',
  ],
  [
    () => F.conv2d(image, kernel, null, { stride: 1.5 }),
    R,
    '[conv2d] expected stride to be an integer >= 1 but received 1.5',
  ],
  [
    () => F.conv2d(image, kernel, null, { stride: any('2') }),
    T,
    '[conv2d] expected stride to be an integer >= 1 or a pair [height, width] of them but received "2"',
  ],
  [
    () => F.conv2d(image, kernel, null, { stride: any([1, 2, 3]) }),
    T,
    '[conv2d] expected stride to be an integer >= 1 or a pair [height, width] of them but received [1, 2, 3]',
  ],
  [
    () => F.conv2d(image, kernel, null, { stride: [1, 0] }),
    R,
    '[conv2d] expected stride[1] to be an integer >= 1 but received 0',
  ],
  [
    () => F.conv2d(image, kernel, null, { padding: -1 }),
    R,
    '[conv2d] expected padding to be an integer >= 0 but received -1',
  ],
  [
    () => F.conv2d(image, kernel, null, { padding: any('half') }),
    R,
    "[conv2d] expected padding to be a number, a pair, 'same' or 'valid' but received \"half\"",
  ],
  [
    () => F.conv2d(image, kernel, null, { padding: 'same', stride: 2 }),
    R,
    "[conv2d] expected stride to be 1 where padding is 'same' but received 2",
  ],
  [
    () => F.conv2d(image, kernel, null, { dilation: 0 }),
    R,
    '[conv2d] expected dilation to be an integer >= 1 but received 0',
  ],
  [
    () => F.conv2d(image, kernel, null, { convAlgorithm: any('fft') }),
    T,
    "[conv2d] expected convAlgorithm to be 'auto' or 'direct' or 'winograd2' or 'winograd4' but received \"fft\"",
  ],
  [
    () => F.setConvAlgorithm(any(2)),
    T,
    "[setConvAlgorithm] expected convAlgorithm to be 'auto' or 'direct' or 'winograd2' or 'winograd4' but received 2",
  ],
  [
    () => F.conv2d(image, kernel, null, { groups: 0 }),
    R,
    '[conv2d] expected groups to be an integer >= 1 but received 0',
  ],
  [
    () => F.conv2d(image, kernel, null, { groups: 3 }),
    R,
    '[conv2d] expected groups to be a divisor of outChannels (4) but received 3',
  ],
  [
    () => F.conv2d(image, kernel, null, { groups: NaN }),
    R,
    '[conv2d] expected groups to be an integer >= 1 but received NaN',
  ],

  [() => F.linear(any(1), matrix), T, '[linear] expected x to be a float32 Tensor but received 1'],
  [
    () => F.linear(matrix, vector),
    S,
    '[linear] expected weight to be of shape (outFeatures, inFeatures) but received [3]',
  ],
  [
    () => F.linear(ones([2, 4]), matrix),
    S,
    '[linear] expected x to be of shape (*, 3), as weight has 3 inFeatures, but received [2, 4]',
  ],
  [
    () => F.linear(tensor(1), matrix),
    S,
    '[linear] expected x to be of shape (*, 3), as weight has 3 inFeatures, but received []',
  ],
  [() => F.linear(matrix, matrix, ones([3])), S, '[linear] expected bias.shape to be [2] but received [3]'],
  [
    () => F.linear(empty, matrix),
    S,
    '[linear] expected x to be a Tensor with elements but received shape [0, 3]',
  ],

  [() => F.relu(any('x')), T, '[relu] expected x to be a float32 Tensor but received "x"'],
  [() => F.relu(any(integers)), T, '[relu] expected x to be a float32 Tensor but received a Tensor of int32'],
  [() => F.relu(empty), S, '[relu] expected x to be a Tensor with elements but received shape [0, 3]'],

  [
    () => F.maxPool2d(matrix, { kernelSize: 2 }),
    S,
    '[maxPool2d] expected x to be of shape (N, C, H, W) or (C, H, W) but received [2, 3]',
  ],
  [
    () => F.maxPool2d(image, any(undefined)),
    T,
    '[maxPool2d] expected kernelSize to be an integer >= 1 or a pair [height, width] of them but received undefined',
  ],
  [
    () => F.maxPool2d(image, { kernelSize: 0 }),
    R,
    '[maxPool2d] expected kernelSize to be an integer >= 1 but received 0',
  ],
  [
    () => F.maxPool2d(image, { kernelSize: 6 }),
    S,
    '[maxPool2d] expected x to be at least as large as the window but received [2, 3, 5, 5]',
  ],
  [
    () => F.maxPool2d(image, { kernelSize: 2, padding: 2 }),
    R,
    '[maxPool2d] expected padding to be at most half of the kernel, [1, 1], but received 2',
  ],
  [
    () => F.maxPool2d(image, { kernelSize: 2, stride: -1 }),
    R,
    '[maxPool2d] expected stride to be an integer >= 1 but received -1',
  ],
  [
    () => F.maxPool2d(image, { kernelSize: 2, ceilMode: any(1) }),
    T,
    '[maxPool2d] expected ceilMode to be true or false but received 1',
  ],

  [() => F.flatten(any(3)), T, '[flatten] expected x to be a Tensor but received 3'],
  [
    () => F.flatten(image, { startDim: 4 }),
    R,
    '[flatten] expected startDim to be an integer from -4 to 3 but received 4',
  ],
  [
    () => F.flatten(image, { startDim: 2, endDim: 1 }),
    R,
    '[flatten] expected startDim to be at most endDim (1) but received 2',
  ],
  [
    () => F.flatten(image, { endDim: any('x') }),
    T,
    '[flatten] expected endDim to be an integer but received "x"',
  ],
  [() => F.reshape(matrix, [4]), S, '[reshape] expected shape to be one of 6 elements but received [4]'],
  [
    () => F.reshape(matrix, [-1, -1]),
    S,
    '[reshape] expected shape to be one of 6 elements but received [-1, -1]',
  ],
  [
    () => F.reshape(matrix, [-1, 4]),
    S,
    '[reshape] expected shape to be one of 6 elements but received [-1, 4]',
  ],
  [() => F.reshape(matrix, [-2, 3]), R, '[reshape] expected shape[0] to be an integer >= -1 but received -2'],
  [() => F.reshape(matrix, any(6)), T, '[reshape] expected shape to be an array of integers but received 6'],
  [
    () => F.transpose(matrix, 0, 2),
    R,
    '[transpose] expected dim1 to be an integer from -2 to 1 but received 2',
  ],
  [
    () => F.permute(matrix, [0, 0]),
    S,
    '[permute] expected dims to be each of the 2 dimensions once but received [0, 0]',
  ],
  [() => F.squeeze(matrix, 2), R, '[squeeze] expected dim to be an integer from -2 to 1 but received 2'],
  [() => F.cat([]), T, '[cat] expected tensors to be an array of at least one Tensor but received []'],
  [() => F.cat([matrix, any(2)]), T, '[cat] expected tensors[1] to be a float32 Tensor but received 2'],
  [
    () => F.cat([matrix, ones([2, 4])]),
    S,
    '[cat] expected tensors[1] to be of shape [2, 3] except in dimension 0 but received [2, 4]',
  ],
  [() => F.stack([matrix, vector]), S, '[stack] expected tensors[1] to be of shape [2, 3] but received [3]'],

  [
    () => F.add(matrix, ones([2, 4])),
    S,
    '[add] expected shapes that broadcast but received [2, 3] and [2, 4]',
  ],
  [() => F.mul(matrix, any('2')), T, '[mul] expected b to be a Tensor or a number but received "2"'],
  [() => F.div(empty, 1), S, '[div] expected a to be a Tensor with elements but received shape [0, 3]'],
  [() => F.sum(matrix, { dim: 2 }), R, '[sum] expected dim to be an integer from -2 to 1 but received 2'],
  [
    () => F.sum(matrix, { dim: [0, -2] }),
    S,
    '[sum] expected dim to be different dimensions but received [0, -2]',
  ],
  [
    () => F.mean(matrix, { keepdim: any('no') }),
    T,
    '[mean] expected keepdim to be true or false but received "no"',
  ],
  [
    () => F.matmul(matrix, matrix),
    S,
    '[matmul] expected b to be of shape (…, 3, n) or (3), as a is [2, 3], but received [2, 3]',
  ],
  [
    () => F.matmul(tensor(1), matrix),
    S,
    '[matmul] expected a to be of shape (…, m, k) or (k) but received []',
  ],
  [
    () => F.matmul(ones([2, 2, 3]), ones([3, 3, 2])),
    S,
    '[matmul] expected shapes that broadcast but received [2] and [3]',
  ],

  [
    () => F.crossEntropy(matrix, classes(0)),
    S,
    '[crossEntropy] expected target.shape to be [2] but received [1]',
  ],
  [
    () => F.crossEntropy(matrix, classes(0, 3)),
    R,
    '[crossEntropy] expected target[1] to be a class from 0 to 2 or ignoreIndex (-100) but received 3',
  ],
  [
    () => F.crossEntropy(matrix, classes(-1, 0)),
    R,
    '[crossEntropy] expected target[0] to be a class from 0 to 2 or ignoreIndex (-100) but received -1',
  ],
  [
    () => F.crossEntropy(matrix, tensor(BigInt64Array.of(0n, 2n ** 40n))),
    R,
    '[crossEntropy] expected target[1] to be a class from 0 to 2 or ignoreIndex (-100) but received 1099511627776',
  ],
  [
    () => F.crossEntropy(empty, classes()),
    S,
    '[crossEntropy] expected input to be a Tensor with elements but received shape [0, 3]',
  ],
  [
    () => F.crossEntropy(matrix, classes(0, 1), { weight: ones([2]) }),
    S,
    '[crossEntropy] expected weight.shape to be [3] but received [2]',
  ],
  [
    () => F.crossEntropy(matrix, classes(0, 1), { labelSmoothing: 1.1 }),
    R,
    '[crossEntropy] expected labelSmoothing to be a number from 0 to 1 but received 1.1',
  ],
  [
    () => F.crossEntropy(matrix, classes(0, 1), { labelSmoothing: NaN }),
    R,
    '[crossEntropy] expected labelSmoothing to be a number from 0 to 1 but received NaN',
  ],
  [
    () => F.crossEntropy(matrix, classes(0, 1), { ignoreIndex: 0.5 }),
    R,
    '[crossEntropy] expected ignoreIndex to be an integer but received 0.5',
  ],
  [
    () => F.crossEntropy(matrix, classes(0, 1), { reduction: any('avg') }),
    T,
    "[crossEntropy] expected reduction to be 'none' or 'mean' or 'sum' but received \"avg\"",
  ],
  [() => F.mseLoss(matrix, vector), S, '[mseLoss] expected target.shape to be [2, 3] but received [3]'],
  [
    () => F.mseLoss(matrix, any(integers)),
    T,
    '[mseLoss] expected target to be a float32 Tensor but received a Tensor of int32',
  ],
  [
    () => F.mseLoss(matrix, matrix, { reduction: any(1) }),
    T,
    "[mseLoss] expected reduction to be 'none' or 'mean' or 'sum' but received 1",
  ],

  [
    () => F.gelu(matrix, { approximate: any('erf') }),
    T,
    "[gelu] expected approximate to be 'none' or 'tanh' but received \"erf\"",
  ],
  [
    () => F.sigmoid(any(integers)),
    T,
    '[sigmoid] expected x to be a float32 Tensor but received a Tensor of int32',
  ],
  [
    () => F.leakyRelu(matrix, { negativeSlope: any('0') }),
    T,
    '[leakyRelu] expected negativeSlope to be a number but received "0"',
  ],
  [() => F.exp(empty), S, '[exp] expected x to be a Tensor with elements but received shape [0, 3]'],
  [
    () => F.softmax(matrix, { dim: 2 }),
    R,
    '[softmax] expected dim to be an integer from -2 to 1 but received 2',
  ],
  [
    () => F.logSoftmax(matrix, any({})),
    T,
    '[logSoftmax] expected dim to be an integer but received undefined',
  ],
  [
    () => F.dropout(matrix, { p: 1.5 }),
    R,
    '[dropout] expected p to be a number from 0 to 1 but received 1.5',
  ],
  [
    () => F.dropout(matrix, { p: NaN }),
    R,
    '[dropout] expected p to be a number from 0 to 1 but received NaN',
  ],
  [
    () => F.avgPool2d(matrix, { kernelSize: 2 }),
    S,
    '[avgPool2d] expected x to be of shape (N, C, H, W) or (C, H, W) but received [2, 3]',
  ],
  [
    () => F.avgPool2d(image, { kernelSize: 2, divisorOverride: 0 }),
    R,
    '[avgPool2d] expected divisorOverride to be an integer >= 1 but received 0',
  ],
  [
    () => F.avgPool2d(image, { kernelSize: 7 }),
    S,
    '[avgPool2d] expected x to be at least as large as the window but received [2, 3, 5, 5]',
  ],
  [
    () => F.adaptiveAvgPool2d(image, { outputSize: 0 }),
    R,
    '[adaptiveAvgPool2d] expected outputSize to be an integer >= 1 but received 0',
  ],
  [
    () => F.batchNorm(vector, null, null, { training: true }),
    S,
    '[batchNorm] expected x to be of shape (N, C, …) but received [3]',
  ],
  [
    () => F.batchNorm(matrix, null, null),
    T,
    '[batchNorm] expected runningMean and runningVar to be tensors where training is false but received null',
  ],
  [
    () => F.batchNorm(ones([1, 3]), null, null, { training: true }),
    S,
    '[batchNorm] expected x to be of more than one value per channel when training but received [1, 3]',
  ],
  [
    () => F.batchNorm(matrix, ones([2]), ones([3])),
    S,
    '[batchNorm] expected runningMean.shape to be [3] but received [2]',
  ],
  [
    () => F.batchNorm(matrix, vector, vector, { eps: -1 }),
    R,
    '[batchNorm] expected eps to be a number >= 0 but received -1',
  ],
  [
    () => F.layerNorm(matrix, { normalizedShape: 4 }),
    S,
    '[layerNorm] expected x to be of shape (…, 4) but received [2, 3]',
  ],
  [
    () => F.layerNorm(matrix, { normalizedShape: [] }),
    T,
    '[layerNorm] expected normalizedShape to be an integer >= 1 or an array of them but received []',
  ],
  [
    () => F.groupNorm(matrix, { numGroups: 2 }),
    R,
    '[groupNorm] expected numGroups to be a divisor of the channels (3) but received 2',
  ],
  [
    () => F.embedding(any(matrix), matrix),
    T,
    '[embedding] expected indices to be a int32 or int64 or uint8 Tensor but received a Tensor of float32',
  ],
  [
    () => F.embedding(classes(0, 2), matrix),
    R,
    '[embedding] expected indices[1] to be an index from 0 to 1 but received 2',
  ],
  [
    () => F.embedding(classes(0), matrix, { paddingIdx: 2 }),
    R,
    '[embedding] expected paddingIdx to be an integer from -2 to 1 but received 2',
  ],
  [() => F.l1Loss(matrix, vector), S, '[l1Loss] expected target.shape to be [2, 3] but received [3]'],
  [
    () => F.smoothL1Loss(matrix, matrix, { beta: -1 }),
    R,
    '[smoothL1Loss] expected beta to be a number >= 0 but received -1',
  ],
  [
    () => F.huberLoss(matrix, matrix, { delta: 0 }),
    R,
    '[huberLoss] expected delta to be a number > 0 but received 0',
  ],
  [
    () => F.nllLoss(matrix, classes(0, 3)),
    R,
    '[nllLoss] expected target[1] to be a class from 0 to 2 or ignoreIndex (-100) but received 3',
  ],
  [
    () => F.bceWithLogits(matrix, vector),
    S,
    '[bceWithLogits] expected target.shape to be [2, 3] but received [3]',
  ],
  [
    () => F.bceWithLogits(matrix, matrix, { posWeight: ones([2]) }),
    S,
    '[bceWithLogits] expected shapes that broadcast but received [2, 3] and [2]',
  ],
  [
    () => F.crossEntropy(matrix, any(vector)),
    S,
    '[crossEntropy] expected target.shape to be [2, 3] but received [3]',
  ],
  [
    () => F.scaledDotProductAttention(matrix, ones([2, 4]), matrix),
    S,
    '[scaledDotProductAttention] expected key to be of shape (…, S, 3), as query has, but received [2, 4]',
  ],
  [
    () => new nn.BatchNorm2d(3).forward(matrix),
    S,
    '[BatchNorm2d] expected x to be of shape (N, 3, H, W) but received [2, 3]',
  ],
  [() => new nn.BatchNorm1d(0), R, '[BatchNorm1d] expected numFeatures to be an integer >= 1 but received 0'],
  [() => new nn.Dropout(-0.1), R, '[Dropout] expected p to be a number from 0 to 1 but received -0.1'],
  [() => new nn.Embedding(3, 0), R, '[Embedding] expected embeddingDim to be an integer >= 1 but received 0'],
  [
    () => new nn.LayerNorm(any('4')),
    T,
    '[LayerNorm] expected normalizedShape to be an integer >= 1 or an array of them but received "4"',
  ],
  [
    () => new nn.GroupNorm(2, 3),
    R,
    '[GroupNorm] expected numGroups to be a divisor of numChannels (3) but received 2',
  ],
  [
    () => new nn.L1Loss({ reduction: any('x') }),
    T,
    "[L1Loss] expected reduction to be 'none' or 'mean' or 'sum' but received \"x\"",
  ],
  [() => new nn.Softmax(any({})), T, '[Softmax] expected dim to be an integer but received undefined'],

  [() => new nn.Conv2d(0, 1, 3), R, '[Conv2d] expected inChannels to be an integer >= 1 but received 0'],
  [
    () => new nn.Conv2d(1, any('8'), 3),
    T,
    '[Conv2d] expected outChannels to be an integer >= 1 but received "8"',
  ],
  [
    () => new nn.Conv2d(1, 8, any(undefined)),
    T,
    '[Conv2d] expected kernelSize to be an integer >= 1 or a pair [height, width] of them but received undefined',
  ],
  [
    () => new nn.Conv2d(4, 8, 3, { convAlgorithm: any(null) }),
    T,
    "[Conv2d] expected convAlgorithm to be 'auto' or 'direct' or 'winograd2' or 'winograd4' but received null",
  ],
  [
    () => new nn.Conv2d(4, 8, 3, { groups: 3 }),
    R,
    '[Conv2d] expected groups to be a divisor of inChannels (4) but received 3',
  ],
  [
    () => new nn.Conv2d(4, 6, 3, { groups: 4 }),
    R,
    '[Conv2d] expected groups to be a divisor of outChannels (6) but received 4',
  ],
  [
    () => new nn.Conv2d(4, 6, 3, { bias: any(0) }),
    T,
    '[Conv2d] expected bias to be true or false but received 0',
  ],
  [() => new nn.Linear(1.5, 1), R, '[Linear] expected inFeatures to be an integer >= 1 but received 1.5'],
  [() => new nn.Linear(1, -1), R, '[Linear] expected outFeatures to be an integer >= 1 but received -1'],
  [
    () => new nn.MaxPool2d(2, { padding: 3 }),
    R,
    '[MaxPool2d] expected padding to be at most half of the kernel, [1, 1], but received 3',
  ],
  [
    () => new nn.Flatten({ startDim: any(null) }),
    T,
    '[Flatten] expected startDim to be an integer but received null',
  ],
  [
    () => new nn.Sequential(new nn.ReLU(), any(F.relu)),
    T,
    '[Sequential] expected modules[1] to be a Module but received function relu',
  ],
  [
    () => new nn.CrossEntropyLoss({ reduction: any('all') }),
    T,
    "[CrossEntropyLoss] expected reduction to be 'none' or 'mean' or 'sum' but received \"all\"",
  ],
  [
    () => new nn.MSELoss({ reduction: any(null) }),
    T,
    "[MSELoss] expected reduction to be 'none' or 'mean' or 'sum' but received null",
  ],
  [() => new nn.ReLU().train(any('yes')), T, '[train] expected mode to be true or false but received "yes"'],
  [() => setNumThreads(0), R, '[setNumThreads] expected threads to be an integer >= 1 but received 0'],
  [
    () => new nn.MultiheadAttention(0, 1),
    R,
    '[MultiheadAttention] expected embedDim to be an integer >= 1 but received 0',
  ],
  [
    () => new nn.MultiheadAttention(8, 3),
    R,
    '[MultiheadAttention] expected numHeads to be a divisor of embedDim (8) but received 3',
  ],
  [
    () => new nn.MultiheadAttention(8, any('2')),
    T,
    '[MultiheadAttention] expected numHeads to be an integer >= 1 but received "2"',
  ],
  [
    () => new nn.MultiheadAttention(8, 2, { dropout: 2 }),
    R,
    '[MultiheadAttention] expected p to be a number from 0 to 1 but received 2',
  ],
  [
    () => new nn.MultiheadAttention(8, 2, { kdim: 1.5 }),
    R,
    '[MultiheadAttention] expected kdim to be an integer >= 1 but received 1.5',
  ],
  [
    () => new nn.MultiheadAttention(8, 2, { batchFirst: any(1) }),
    T,
    '[MultiheadAttention] expected batchFirst to be true or false but received 1',
  ],
  [
    () => attention.forward(any([1]), sequence, sequence),
    T,
    '[MultiheadAttention] expected query to be a float32 Tensor but received [1]',
  ],
  [
    () => attention.forward(matrix, matrix, matrix),
    S,
    '[MultiheadAttention] expected query to be of shape (L, N, 4) or (L, 4) but received [2, 3]',
  ],
  [
    () => attention.forward(sequence, ones([5, 4]), sequence),
    S,
    '[MultiheadAttention] expected key to be of 3 dimensions, as query has, but received [5, 4]',
  ],
  [
    () => attention.forward(sequence, ones([5, 3, 4]), sequence),
    S,
    '[MultiheadAttention] expected key.shape to be [5, 2, 4] but received [5, 3, 4]',
  ],
  [
    () => attention.forward(sequence, ones([5, 2, 4]), sequence),
    S,
    '[MultiheadAttention] expected value.shape to be [5, 2, 4] but received [3, 2, 4]',
  ],
  [
    () => attention.forward(sequence, sequence, sequence, { attnMask: integers as never }),
    T,
    '[MultiheadAttention] expected attnMask to be a bool or float32 Tensor but received Tensor',
  ],
  [
    () => attention.forward(sequence, sequence, sequence, { attnMask: ones([3, 4]) }),
    S,
    '[MultiheadAttention] expected attnMask.shape to be [3, 3] or [4, 3, 3] but received [3, 4]',
  ],
  [
    () => attention.forward(sequence, sequence, sequence, { keyPaddingMask: ones([3, 2]) }),
    S,
    '[MultiheadAttention] expected keyPaddingMask.shape to be [2, 3] but received [3, 2]',
  ],
  [
    () => attention.forward(sequence, sequence, sequence, { needWeights: any(0) }),
    T,
    '[MultiheadAttention] expected needWeights to be true or false but received 0',
  ],
  [
    () => new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 0 }),
    R,
    '[TransformerEncoderLayer] expected dimFeedforward to be an integer >= 1 but received 0',
  ],
  [
    () => new nn.TransformerEncoderLayer(4, 2, { activation: any('tanh') }),
    T,
    "[TransformerEncoderLayer] expected activation to be 'relu', 'gelu' or a function but received \"tanh\"",
  ],
  [
    () => new nn.TransformerEncoderLayer(4, 2, { layerNormEps: -1 }),
    R,
    '[TransformerEncoderLayer] expected layerNormEps to be a number >= 0 but received -1',
  ],
  [
    () => new nn.TransformerEncoderLayer(4, 2, { normFirst: any('yes') }),
    T,
    '[TransformerEncoderLayer] expected normFirst to be true or false but received "yes"',
  ],
  [
    () => new nn.TransformerEncoder(any(new nn.ReLU()), 2),
    T,
    '[TransformerEncoder] expected encoderLayer to be a TransformerEncoderLayer but received ReLU',
  ],
  [
    () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2), 0),
    R,
    '[TransformerEncoder] expected numLayers to be an integer >= 1 but received 0',
  ],
  [
    () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2), 1, { norm: any(1) }),
    T,
    '[TransformerEncoder] expected norm to be a Module or null but received 1',
  ],
];
