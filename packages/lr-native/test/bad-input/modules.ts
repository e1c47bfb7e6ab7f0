/** Wrong calls of modules, and of the ops that no other table has. */
import { ArgumentError, ArgumentRangeError, ShapeError } from '@org/lr-core';
import { F, nn, ones, tensor } from '../../src/index.ts';
import { any } from './wrong-calls.ts';
import type { WrongCall } from './wrong-calls.ts';

const T = ArgumentError;
const R = ArgumentRangeError;
const S = ShapeError;

const matrix = ones([2, 3]);
const vector = ones([3]);
const image = ones([2, 3, 4, 4]);
const classes = tensor(Int32Array.of(0, 5));

const ofReductions = (
  [
    ['BCEWithLogitsLoss', (options) => new nn.BCEWithLogitsLoss(options)],
    ['MultiLabelSoftMarginLoss', (options) => new nn.MultiLabelSoftMarginLoss(options)],
    ['NLLLoss', (options) => new nn.NLLLoss(options)],
    ['SmoothL1Loss', (options) => new nn.SmoothL1Loss(options)],
    ['HuberLoss', (options) => new nn.HuberLoss(options)],
    ['PoissonNLLLoss', (options) => new nn.PoissonNLLLoss(options)],
    ['GaussianNLLLoss', (options) => new nn.GaussianNLLLoss(options)],
    ['HingeEmbeddingLoss', (options) => new nn.HingeEmbeddingLoss(options)],
    ['MarginRankingLoss', (options) => new nn.MarginRankingLoss(options)],
    ['SoftMarginLoss', (options) => new nn.SoftMarginLoss(options)],
    ['CosineEmbeddingLoss', (options) => new nn.CosineEmbeddingLoss(options)],
    ['TripletMarginLoss', (options) => new nn.TripletMarginLoss(options)],
    ['L1Loss', (options) => new nn.L1Loss(options)],
    ['MSELoss', (options) => new nn.MSELoss(options)],
    ['BCELoss', (options) => new nn.BCELoss(options)],
  ] as [string, (options: object) => unknown][]
).map(([name, make]): WrongCall => [
  () => make({ reduction: 'average' }),
  T,
  `[${name}] expected reduction to be 'none' or 'mean' or 'sum' but received "average"`,
]);

const ofProbabilities = (
  [
    ['Dropout', (p) => new nn.Dropout(p)],
    ['Dropout1d', (p) => new nn.Dropout1d(p)],
    ['Dropout2d', (p) => new nn.Dropout2d(p)],
    ['AlphaDropout', (p) => new nn.AlphaDropout(p)],
    ['FeatureAlphaDropout', (p) => new nn.FeatureAlphaDropout(p)],
  ] as [string, (p: number) => unknown][]
).flatMap(([name, make]): WrongCall[] => [
  [() => make(1.5), R, `[${name}] expected p to be a number from 0 to 1 but received 1.5`],
  [() => make(any('0.5')), T, `[${name}] expected p to be a number from 0 to 1 but received "0.5"`],
]);

export const MODULES: readonly WrongCall[] = [
  ...ofReductions,
  ...ofProbabilities,
  [() => F.ge(vector, ones([2])), S, '[ge] expected shapes that broadcast but received [3] and [2]'],
  [() => F.le(any('x'), 1), T, '[le] expected a to be a Tensor or a number but received "x"'],
  [() => F.isfinite(any(1)), T, '[isfinite] expected x to be a Tensor but received 1'],
  [() => F.isinf(any(null)), T, '[isinf] expected x to be a Tensor but received null'],
  [() => F.logicalNot(any(true)), T, '[logicalNot] expected x to be a Tensor but received true'],
  [() => F.logicalXor(vector, any(1)), T, '[logicalXor] expected b to be a Tensor but received 1'],
  [
    () => F.variance(matrix, { dim: 2 }),
    R,
    '[var] expected dim to be an integer from -2 to 1 but received 2',
  ],
  [
    () => F.baddbmm(matrix, matrix, ones([1, 3, 2])),
    S,
    '[baddbmm] expected a to be of shape (N, m, k) but received [2, 3]',
  ],
  [() => F.unsqueeze(matrix, 3), R, '[unsqueeze] expected dim to be an integer from -3 to 2 but received 3'],
  [
    () => new nn.GELU({ approximate: any('erf') }),
    T,
    "[GELU] expected approximate to be 'none' or 'tanh' but received \"erf\"",
  ],
  [
    () => new nn.LeakyReLU({ negativeSlope: any('0') }),
    T,
    '[LeakyReLU] expected negativeSlope to be a number but received "0"',
  ],
  [() => new nn.LogSoftmax(any({})), T, '[LogSoftmax] expected dim to be an integer but received undefined'],
  [() => new nn.AvgPool1d(0), R, '[AvgPool1d] expected kernelSize to be an integer >= 1 but received 0'],
  [
    () => new nn.AvgPool2d(2, { divisorOverride: 0 }),
    R,
    '[AvgPool2d] expected divisorOverride to be an integer >= 1 but received 0',
  ],
  [
    () => new nn.MaxPool1d(2, { padding: 2 }),
    R,
    '[MaxPool1d] expected padding to be at most half of the kernel, [1], but received 2',
  ],
  [
    () => new nn.AdaptiveAvgPool1d(0),
    R,
    '[AdaptiveAvgPool1d] expected outputSize to be an integer >= 1 but received 0',
  ],
  [
    () => new nn.AdaptiveAvgPool2d([2, 0]),
    R,
    '[AdaptiveAvgPool2d] expected outputSize[1] to be an integer >= 1 but received 0',
  ],
  [
    () => new nn.AdaptiveMaxPool1d(any('3')),
    T,
    '[AdaptiveMaxPool1d] expected outputSize to be an integer >= 1 but received "3"',
  ],
  [
    () => new nn.AdaptiveMaxPool2d([null, -1]),
    R,
    '[AdaptiveMaxPool2d] expected outputSize[1] to be an integer >= 1 but received -1',
  ],
  [() => new nn.MaxUnpool2d(0), R, '[MaxUnpool2d] expected kernelSize to be an integer >= 1 but received 0'],
  [
    () => new nn.Unfold(any({})),
    T,
    '[Unfold] expected kernelSize to be an integer >= 1 or a pair [height, width] of them but received undefined',
  ],
  [
    () => new nn.Fold(any({ kernelSize: 2 })),
    T,
    '[Fold] expected outputSize to be an integer >= 1 or a pair [height, width] of them but received undefined',
  ],
  [
    () => new nn.NLLLoss().forward(matrix, classes),
    R,
    '[nllLoss] expected target[1] to be a class from 0 to 2',
  ],
  [
    () => new nn.SmoothL1Loss({ beta: -1 }),
    R,
    '[SmoothL1Loss] expected beta to be a number >= 0 but received -1',
  ],
  [
    () => new nn.HuberLoss({ delta: any('1') }),
    T,
    '[HuberLoss] expected delta to be a number >= 0 but received "1"',
  ],
  [
    () => new nn.PoissonNLLLoss({ full: any(1) }),
    T,
    '[PoissonNLLLoss] expected full to be true or false but received 1',
  ],
  [
    () => new nn.GaussianNLLLoss({ eps: -1 }),
    R,
    '[GaussianNLLLoss] expected eps to be a number >= 0 but received -1',
  ],
  [
    () => new nn.HingeEmbeddingLoss({ margin: any('1') }),
    T,
    '[HingeEmbeddingLoss] expected margin to be a number but received "1"',
  ],
  [
    () => new nn.TripletMarginLoss({ swap: any(1) }),
    T,
    '[TripletMarginLoss] expected swap to be true or false but received 1',
  ],
  [
    () => new nn.CosineSimilarity({ dim: 0.5 }),
    R,
    '[CosineSimilarity] expected dim to be an integer but received 0.5',
  ],
  [
    () => new nn.PairwiseDistance({ p: any('2') }),
    T,
    '[PairwiseDistance] expected p to be a number but received "2"',
  ],
  [() => new nn.Parameter(any([1])), T, '[Parameter] expected tensor to be a Tensor but received [1]'],
  [() => new nn.Buffer(any(1)), T, '[Buffer] expected tensor to be a Tensor but received 1'],
  [
    () => new nn.ModuleList(any([image])),
    T,
    '[ModuleList] expected modules[0] to be a Module but received Tensor',
  ],
  [() => new nn.ModuleDict(any({ a: 1 })), T, '[ModuleDict] expected a to be a Module but received 1'],
  [
    () => new nn.ParameterList(any([1])),
    T,
    '[ParameterList] expected parameters[0] to be a Parameter or a Tensor but received 1',
  ],
  [
    () => new nn.ParameterDict(any({ a: 1 })),
    T,
    '[ParameterDict] expected a to be a Parameter or a Tensor but received 1',
  ],
];
