/** Wrong calls of convolutions, pooling, resampling, losses, dropout and products. */
import { ArgumentError, ArgumentRangeError, ShapeError } from '@org/lr-core';
import { F, nn, ones, tensor, zeros } from '../../src/index.ts';
import { any } from './wrong-calls.ts';
import type { WrongCall } from './wrong-calls.ts';

const T = ArgumentError;
const R = ArgumentRangeError;
const S = ShapeError;

const image = ones([2, 3, 5, 5]);
const signal = ones([2, 3, 7]);
const matrix = ones([2, 3]);
const vector = ones([3]);
const scalar = tensor(1);
const double = ones([2, 3], { dtype: 'float64' });
const integers = tensor(Int32Array.of(0, 1));
const kernel1 = ones([4, 3, 2]);
const kernel2 = ones([3, 4, 2, 2]);

export const CONV_POOL_LOSS: readonly WrongCall[] = [
  // convolutions
  [
    () => F.conv1d(image, kernel1),
    S,
    '[conv1d] expected x to be of shape (N, C, L) or (C, L) but received [2, 3, 5, 5]',
  ],
  [
    () => F.conv1d(signal, image),
    S,
    '[conv1d] expected weight to be of shape (outChannels, inChannels / groups, kernelLength) but received [2, 3, 5, 5]',
  ],
  [
    () => F.conv1d(signal, kernel1, null, { stride: any([1, 1]) }),
    T,
    '[conv1d] expected stride to be an integer >= 1 but received [1, 1]',
  ],
  [
    () => F.conv1d(signal, kernel1, null, { padding: any('half') }),
    R,
    "[conv1d] expected padding to be a number, 'same' or 'valid' but received \"half\"",
  ],
  [
    () => F.conv1d(signal, kernel1, null, { padding: 'same', stride: 2 }),
    R,
    "[conv1d] expected stride to be 1 where padding is 'same' but received 2",
  ],
  [
    () => F.conv1d(signal, kernel1, null, { dilation: 7 }),
    S,
    '[conv1d] expected x to be at least as large, with padding, as the dilated kernel (8) but received [2, 3, 7]',
  ],
  [() => F.conv1d(signal, ones([4, 2, 2])), S, '[conv1d] expected x to be of 2 channels'],
  [() => F.conv1d(signal, kernel1, vector), S, '[conv1d] expected bias.shape to be [4] but received [3]'],
  [
    () => F.conv1d(signal, any(double)),
    T,
    '[conv1d] expected weight to be a float32 Tensor but received a Tensor of float64',
  ],
  [
    () => F.convTranspose2d(any(1), kernel2),
    T,
    '[convTranspose2d] expected x to be a float32 Tensor but received 1',
  ],
  [
    () => F.convTranspose2d(matrix, kernel2),
    S,
    '[convTranspose2d] expected x to be of shape (N, C, H, W) or (C, H, W) but received [2, 3]',
  ],
  [
    () => F.convTranspose2d(image, matrix),
    S,
    '[convTranspose2d] expected weight to be of shape (inChannels, outChannels / groups, kernelHeight, kernelWidth) but received [2, 3]',
  ],
  [
    () => F.convTranspose2d(image, ones([4, 3, 2, 2])),
    S,
    '[convTranspose2d] expected x to be of 4 channels but received [2, 3, 5, 5]',
  ],
  [
    () => F.convTranspose2d(image, kernel2, vector),
    S,
    '[convTranspose2d] expected bias.shape to be [4] but received [3]',
  ],
  [
    () => F.convTranspose2d(image, kernel2, null, { groups: 2 }),
    R,
    '[convTranspose2d] expected groups to be a divisor of inChannels (3) but received 2',
  ],
  [
    () => F.convTranspose2d(image, kernel2, null, { outputPadding: 1 }),
    R,
    '[convTranspose2d] expected outputPadding to be less than stride or dilation but received 1',
  ],
  [
    () => F.convTranspose2d(image, kernel2, null, { padding: any('same') }),
    T,
    '[convTranspose2d] expected padding to be an integer >= 0 or a pair [height, width] of them but received "same"',
  ],
  [
    () => F.convTranspose2d(image, kernel2, null, { padding: 4 }),
    S,
    '[convTranspose2d] expected x to be large enough for an output with the padding left off but received [2, 3, 5, 5]',
  ],
  [
    () => F.convTranspose2d(image, kernel2, null, { stride: 0 }),
    R,
    '[convTranspose2d] expected stride to be an integer >= 1 but received 0',
  ],
  [
    () => F.convTranspose1d(signal, kernel2),
    S,
    '[convTranspose1d] expected weight to be of shape (inChannels, outChannels / groups, kernelLength)',
  ],
  [() => new nn.Conv1d(0, 1, 1), R, '[Conv1d] expected inChannels to be an integer >= 1 but received 0'],
  [
    () => new nn.Conv1d(2, 3, 1, { groups: 2 }),
    R,
    '[Conv1d] expected groups to be a divisor of outChannels (3) but received 2',
  ],
  [
    () => new nn.Conv2d(1, 1, 3, { paddingMode: any('wrap') }),
    T,
    "[Conv2d] expected paddingMode to be 'zeros' or 'reflect' or 'replicate' or 'circular' but received \"wrap\"",
  ],
  [
    () => new nn.ConvTranspose2d(2, 3, 2, { groups: 3 }),
    R,
    '[ConvTranspose2d] expected groups to be a divisor of inChannels (2) but received 3',
  ],
  [
    () => new nn.ConvTranspose1d(2, 2, any('a')),
    T,
    '[ConvTranspose1d] expected kernelSize to be an integer >= 1 but received "a"',
  ],
  [
    () => F.unfold(matrix, { kernelSize: 2 }),
    S,
    '[unfold] expected x to be of shape (N, C, H, W) or (C, H, W) but received [2, 3]',
  ],
  [
    () => F.unfold(image, { kernelSize: 6 }),
    S,
    '[unfold] expected x to be at least as large, with padding, as the kernel but received [5, 5]',
  ],
  [
    () => F.fold(vector, { kernelSize: 2, outputSize: 4 }),
    S,
    '[fold] expected x to be of shape (N, C · kernelArea, windows) or (C · kernelArea, windows) but received [3]',
  ],
  [
    () => F.fold(matrix, { kernelSize: 2, outputSize: 4 }),
    S,
    '[fold] expected x to be of a multiple of 4 rows but received [2, 3]',
  ],
  [
    () => F.fold(ones([4, 3]), { kernelSize: 2, outputSize: 4 }),
    S,
    '[fold] expected x to be of 9 windows but received [4, 3]',
  ],

  // pooling and resampling
  [
    () => F.maxPool1d(image, { kernelSize: 2 }),
    S,
    '[maxPool1d] expected x to be of shape (N, C, L) or (C, L) but received [2, 3, 5, 5]',
  ],
  [
    () => F.maxPool1d(signal, { kernelSize: any([2, 2]) }),
    T,
    '[maxPool1d] expected kernelSize to be an integer >= 1 but received [2, 2]',
  ],
  [
    () => F.maxPool1d(signal, { kernelSize: 3, padding: 2 }),
    R,
    '[maxPool1d] expected padding to be at most half of the kernel, [1], but received 2',
  ],
  [
    () => F.maxPool1d(signal, { kernelSize: 8 }),
    S,
    '[maxPool1d] expected x to be at least as large as the window but received [2, 3, 7]',
  ],
  [
    () => F.maxPool2d(image, { kernelSize: 2, returnIndices: any(1) }),
    T,
    '[maxPool2d] expected returnIndices to be true or false but received 1',
  ],
  [
    () => F.avgPool1d(signal, { kernelSize: 0 }),
    R,
    '[avgPool1d] expected kernelSize to be an integer >= 1 but received 0',
  ],
  [
    () => F.avgPool1d(signal, { kernelSize: 2, countIncludePad: any(0) }),
    T,
    '[avgPool1d] expected countIncludePad to be true or false but received 0',
  ],
  [
    () => F.avgPool2d(image, { kernelSize: 2, divisorOverride: 0 }),
    R,
    '[avgPool2d] expected divisorOverride to be an integer >= 1 but received 0',
  ],
  [
    () => F.adaptiveAvgPool1d(signal, { outputSize: any(null) }),
    T,
    '[adaptiveAvgPool1d] expected outputSize to be an integer >= 1 but received null',
  ],
  [
    () => F.adaptiveMaxPool2d(image, { outputSize: any([1]) }),
    T,
    '[adaptiveMaxPool2d] expected outputSize to be an integer >= 1 or a pair',
  ],
  [
    () => F.adaptiveMaxPool2d(image, { outputSize: [null, 0] }),
    R,
    '[adaptiveMaxPool2d] expected outputSize[1] to be an integer >= 1 but received 0',
  ],
  [
    () => F.adaptiveMaxPool1d(matrix, { outputSize: 0 }),
    R,
    '[adaptiveMaxPool1d] expected outputSize to be an integer >= 1 but received 0',
  ],
  [
    () => F.maxUnpool2d(image, any(image), { kernelSize: 2 }),
    T,
    '[maxUnpool2d] expected indices to be a int32 Tensor but received a Tensor of float32',
  ],
  [
    () => F.maxUnpool2d(image, tensor(Int32Array.of(1)), { kernelSize: 2 }),
    S,
    '[maxUnpool2d] expected indices.shape to be [2, 3, 5, 5] but received [1]',
  ],
  [
    () => F.maxUnpool2d(ones([1, 1, 1]), tensor(Int32Array.of(4), { shape: [1, 1, 1] }), { kernelSize: 2 }),
    R,
    '[maxUnpool2d] expected indices[0] to be a position from 0 to 3 but received 4',
  ],
  [
    () =>
      F.maxUnpool2d(ones([1, 1, 1]), tensor(Int32Array.of(0), { shape: [1, 1, 1] }), {
        kernelSize: 2,
        outputSize: any(3),
      }),
    T,
    '[maxUnpool2d] expected outputSize to be a pair [height, width] but received 3',
  ],
  [
    () => F.interpolate(matrix, { size: 2 }),
    S,
    '[interpolate] expected x to be of shape (N, C, H, W) or (N, C, L) but received [2, 3]',
  ],
  [
    () => F.interpolate(image, {}),
    T,
    '[interpolate] expected size to be given where scaleFactor is not, and only there, but received undefined',
  ],
  [
    () => F.interpolate(image, { size: 2, scaleFactor: 2 }),
    T,
    '[interpolate] expected size to be given where scaleFactor is not, and only there, but received 2',
  ],
  [
    () => F.interpolate(image, { size: 2, mode: any('cubic') }),
    T,
    "[interpolate] expected mode to be 'nearest' or 'nearest-exact' or",
  ],
  [() => F.interpolate(image, { size: 2, mode: 'linear' }), T, '[interpolate] expected mode to be'],
  [() => F.interpolate(signal, { size: 2, mode: 'bilinear' }), T, '[interpolate] expected mode to be'],
  [
    () => F.interpolate(image, { size: 2, alignCorners: true }),
    T,
    "[interpolate] expected alignCorners to be false with mode 'nearest' but received true",
  ],
  [
    () => F.interpolate(image, { size: 0 }),
    R,
    '[interpolate] expected size to be an integer >= 1 but received 0',
  ],
  [
    () => F.interpolate(image, { scaleFactor: -1 }),
    R,
    '[interpolate] expected scaleFactor to be a number > 0 but received -1',
  ],
  [
    () => F.interpolate(image, { scaleFactor: 0.1 }),
    S,
    '[interpolate] expected x to be large enough for an output but received [2, 3, 5, 5]',
  ],
  [() => new nn.Upsample(any({ mode: 'nearest' })), T, '[Upsample] expected size to be given'],
  [() => F.pad(matrix, [1, 0.5]), R, '[pad] expected padding[1] to be an integer but received 0.5'],
  [
    () => F.pad(matrix, [1, 1], { value: any('0') }),
    T,
    '[pad] expected value to be a number but received "0"',
  ],

  // losses
  [
    () => F.binaryCrossEntropy(matrix, vector),
    S,
    '[binaryCrossEntropy] expected target.shape to be [2, 3] but received [3]',
  ],
  [
    () => F.binaryCrossEntropy(tensor([0.5, 1.5]), ones([2])),
    R,
    '[binaryCrossEntropy] expected input[1] to be a probability from 0 to 1 but received 1.5',
  ],
  [
    () => F.binaryCrossEntropy(matrix, matrix, { weight: ones([2]) }),
    S,
    '[binaryCrossEntropy] expected shapes that broadcast but received [2, 3] and [2]',
  ],
  [
    () => F.binaryCrossEntropy(matrix, any(double)),
    T,
    '[binaryCrossEntropy] expected target to be a float32 Tensor but received a Tensor of float64',
  ],
  [
    () => F.bceWithLogits(matrix, matrix, { posWeight: ones([2, 2, 3]) }),
    S,
    '[bceWithLogits] expected posWeight to be of a shape that broadcasts to [2, 3] but received [2, 2, 3]',
  ],
  [
    () => F.klDiv(matrix, matrix, { reduction: any('batch') }),
    T,
    "[klDiv] expected reduction to be 'none' or 'mean' or 'sum' or 'batchmean' but received \"batch\"",
  ],
  [
    () => F.klDiv(matrix, matrix, { logTarget: any(1) }),
    T,
    '[klDiv] expected logTarget to be true or false but received 1',
  ],
  [
    () => F.poissonNllLoss(matrix, matrix, { eps: -1 }),
    R,
    '[poissonNllLoss] expected eps to be a number >= 0 but received -1',
  ],
  [
    () => F.poissonNllLoss(matrix, matrix, { full: any('no') }),
    T,
    '[poissonNllLoss] expected full to be true or false but received "no"',
  ],
  [
    () => F.gaussianNllLoss(matrix, matrix, any(null)),
    T,
    '[gaussianNllLoss] expected variance to be a float32 Tensor but received null',
  ],
  [
    () => F.gaussianNllLoss(vector, vector, tensor([1, -1, 1])),
    R,
    '[gaussianNllLoss] expected variance[1] to be a number >= 0 but received -1',
  ],
  [
    () => F.gaussianNllLoss(vector, vector, vector, { eps: 0 }),
    R,
    '[gaussianNllLoss] expected eps to be a number > 0 but received 0',
  ],
  [
    () => F.hingeEmbeddingLoss(matrix, vector),
    S,
    '[hingeEmbeddingLoss] expected target.shape to be [2, 3] but received [3]',
  ],
  [
    () => F.hingeEmbeddingLoss(vector, vector, { margin: any('1') }),
    T,
    '[hingeEmbeddingLoss] expected margin to be a number but received "1"',
  ],
  [
    () => F.softMarginLoss(any(integers), integers),
    T,
    '[softMarginLoss] expected input to be a float32 Tensor but received a Tensor of int32',
  ],
  [
    () => F.marginRankingLoss(vector, matrix, vector),
    S,
    '[marginRankingLoss] expected input2.shape to be [3] but received [2, 3]',
  ],
  [
    () => F.multilabelSoftMarginLoss(matrix, matrix, { reduction: any('max') }),
    T,
    "[multilabelSoftMarginLoss] expected reduction to be 'none' or 'mean' or 'sum' but received \"max\"",
  ],
  [
    () => F.cosineEmbeddingLoss(image, image, integers),
    S,
    '[cosineEmbeddingLoss] expected input1 to be of shape (N, D) or (D) but received [2, 3, 5, 5]',
  ],
  [
    () => F.cosineEmbeddingLoss(matrix, matrix, tensor(Int32Array.of(1))),
    S,
    '[cosineEmbeddingLoss] expected target.shape to be [2] but received [1]',
  ],
  [
    () => F.cosineSimilarity(matrix, matrix, { dim: 2 }),
    R,
    '[cosineSimilarity] expected dim to be an integer from -2 to 1 but received 2',
  ],
  [
    () => F.cosineSimilarity(matrix, matrix, { eps: -1 }),
    R,
    '[cosineSimilarity] expected eps to be a number >= 0 but received -1',
  ],
  [
    () => F.pairwiseDistance(scalar, matrix),
    S,
    '[pairwiseDistance] expected x1 to be of shape (*, D), as x2 but received []',
  ],
  [
    () => F.tripletMarginLoss(matrix, vector, matrix),
    S,
    '[tripletMarginLoss] expected positive.shape to be [2, 3] but received [3]',
  ],
  [
    () => F.tripletMarginLoss(matrix, matrix, matrix, { swap: any(1) }),
    T,
    '[tripletMarginLoss] expected swap to be true or false but received 1',
  ],
  [
    () => F.multiMarginLoss(matrix, tensor(Int32Array.of(0, 3))),
    R,
    '[multiMarginLoss] expected target[1] to be a class from 0 to 2',
  ],
  [
    () => F.multiMarginLoss(matrix, integers, { p: any(3) }),
    R,
    '[multiMarginLoss] expected p to be 1 or 2 but received 3',
  ],
  [
    () => F.nllLoss(matrix, integers, { weight: ones([2]) }),
    S,
    '[nllLoss] expected weight.shape to be [3] but received [2]',
  ],
  [
    () => F.crossEntropy(matrix, matrix, { weight: ones([2]) }),
    S,
    '[crossEntropy] expected weight.shape to be [3] but received [2]',
  ],
  [
    () => F.crossEntropy(matrix, any(double)),
    T,
    '[crossEntropy] expected target to be a int32 or int64 or uint8 or float32 Tensor but received a Tensor of float64',
  ],
  [
    () => new nn.KLDivLoss({ reduction: any(1) }),
    T,
    "[KLDivLoss] expected reduction to be 'none' or 'mean' or 'sum' or 'batchmean' but received 1",
  ],
  [
    () => new nn.MultiMarginLoss({ p: any(0) }),
    R,
    '[MultiMarginLoss] expected p to be 1 or 2 but received 0',
  ],
  [
    () => new nn.BCELoss({ weight: any(1) }),
    T,
    '[BCELoss] expected weight to be a float32 Tensor but received 1',
  ],

  // dropout and products
  [
    () => F.dropout1d(image),
    S,
    '[dropout1d] expected x to be of shape (N, C, L) or (C, L) but received [2, 3, 5, 5]',
  ],
  [
    () => F.dropout2d(image, { p: 1.1 }),
    R,
    '[dropout2d] expected p to be a number from 0 to 1 but received 1.1',
  ],
  [
    () => F.alphaDropout(matrix, { p: any('a') }),
    T,
    '[alphaDropout] expected p to be a number from 0 to 1 but received "a"',
  ],
  [
    () => F.featureAlphaDropout(vector),
    S,
    '[featureAlphaDropout] expected x to be of shape (N, C, …) but received [3]',
  ],
  [() => new nn.Dropout2d(-1), R, '[Dropout2d] expected p to be a number from 0 to 1 but received -1'],
  [
    () => F.matmul(matrix, any(double)),
    T,
    '[matmul] expected b to be a float32 Tensor but received a Tensor of float64',
  ],
  [() => F.mm(vector, matrix), S, '[mm] expected a to be of shape (m, k) but received [3]'],
  [
    () => F.mm(matrix, matrix),
    S,
    '[mm] expected b to be of shape [3, n], as a is [2, 3], but received [2, 3]',
  ],
  [
    () => F.bmm(ones([2, 3, 4]), ones([3, 4, 5])),
    S,
    '[bmm] expected b to be of shape [2, 4, n], as a is [2, 3, 4], but received [3, 4, 5]',
  ],
  [() => F.mv(matrix, matrix), S, '[mv] expected b to be of shape (k) but received [2, 3]'],
  [() => F.dot(vector, ones([4])), S, '[dot] expected b to be of shape [3], as a is [3], but received [4]'],
  [
    () => F.addmm(ones([4]), matrix, ones([3, 5])),
    S,
    '[addmm] expected shapes that broadcast but received [4] and [2, 5]',
  ],
  [
    () => F.addmm(vector, matrix, ones([3, 3]), { beta: any('1') }),
    T,
    '[addmm] expected beta to be a number but received "1"',
  ],
  [
    () => F.einsum(any(1), matrix),
    T,
    "[einsum] expected equation to be letters for each operand, such as 'bik,bkj->bij' but received 1",
  ],
  [
    () => F.einsum('ii->i', ones([2, 2])),
    T,
    '[einsum] expected equation to be letters for each operand, such as \'bik,bkj->bij\' but received "ii->i"',
  ],
  [() => F.einsum('ij,jk->ik', matrix), T, '[einsum] expected operands to be 2 tensors but received 1'],
  [
    () => F.einsum('ijk->i', matrix),
    S,
    '[einsum] expected operand 0 to be of the dimensions ijk but received [2, 3]',
  ],
  [
    () => F.einsum('ij,jk->ik', matrix, matrix),
    S,
    '[einsum] expected operand 1 to be of length 3 in dimension j but received [2, 3]',
  ],
  [
    () => F.einsum('ij->k', matrix),
    T,
    '[einsum] expected equation to be one whose output has letters of its operands, once, but received "ij->k"',
  ],
  [
    () => F.bilinear(matrix, matrix, matrix),
    S,
    '[bilinear] expected weight to be of shape (outFeatures, in1Features, in2Features) but received [2, 3]',
  ],
  [
    () => F.bilinear(matrix, matrix, ones([4, 2, 3])),
    S,
    '[bilinear] expected x1 to be of shape (*, 2) but received [2, 3]',
  ],
  [
    () => F.bilinear(matrix, ones([3, 3]), ones([4, 3, 3])),
    S,
    '[bilinear] expected x2.shape to be [2, 3] but received [3, 3]',
  ],
  [() => new nn.Bilinear(1, 0, 1), R, '[Bilinear] expected in2Features to be an integer >= 1 but received 0'],
  [
    () => F.scaledDotProductAttention(matrix, matrix, matrix, { dropoutP: 2 }),
    R,
    '[scaledDotProductAttention] expected p to be a number from 0 to 1 but received 2',
  ],
  [
    () => F.scaledDotProductAttention(matrix, matrix, matrix, { enableGqa: true }),
    S,
    '[scaledDotProductAttention] expected query to be of shape (…, heads, length, features) with enableGqa but received [2, 3]',
  ],
  [
    () => F.scaledDotProductAttention(ones([3, 2, 4]), ones([2, 2, 4]), ones([2, 2, 4]), { enableGqa: true }),
    R,
    "[scaledDotProductAttention] expected heads of key to be a divisor of the query's 3 but received 2",
  ],
  [
    () => F.scaledDotProductAttention(matrix, matrix, matrix, { attnMask: any(integers) }),
    T,
    '[scaledDotProductAttention] expected attnMask to be a float32 or bool Tensor but received a Tensor of int32',
  ],
  [
    () => F.dropout(zeros([0])),
    S,
    '[dropout] expected x to be a Tensor with elements but received shape [0]',
  ],
];
