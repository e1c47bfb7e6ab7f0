/** Wrong calls of activations, of what sorts, and of the modules of both. */
import { ArgumentError, ArgumentRangeError, ShapeError } from '@org/lr-core';
import { F, nn, ones, tensor, zeros } from '../../src/index.ts';
import { any } from './wrong-calls.ts';
import type { WrongCall } from './wrong-calls.ts';

const T = ArgumentError;
const R = ArgumentRangeError;
const S = ShapeError;

const matrix = ones([2, 3]);
const signal = ones([2, 3, 7]);
const image = ones([2, 3, 4, 4]);
const empty = zeros([0, 3]);
const integers = tensor(Int32Array.of(0, 1));

const ORDER: [string, (x: typeof matrix) => unknown][] = [
  ['sort', (x) => F.sort(x)],
  ['argsort', (x) => F.argsort(x)],
  ['topk', (x) => F.topk(x, 1)],
  ['kthvalue', (x) => F.kthvalue(x, 1)],
  ['median', (x) => F.median(x)],
  ['glu', (x) => F.glu(x)],
  ['lpPool1d', (x) => F.lpPool1d(x, { normType: 2, kernelSize: 2 })],
  ['lpPool2d', (x) => F.lpPool2d(x, { normType: 2, kernelSize: 2 })],
];

const ofTensors = ORDER.flatMap(([op, call]): WrongCall[] => [
  [() => call(any([1])), T, `[${op}] expected x to be a float32 Tensor but received [1]`],
  [() => call(any(integers)), T, `[${op}] expected x to be a float32 Tensor but received a Tensor of int32`],
  [() => call(empty), S, `[${op}] expected x to be a Tensor with elements but received shape [0, 3]`],
]);

const DIMS: [string, (dim: number) => unknown][] = [
  ['sort', (dim) => F.sort(matrix, dim)],
  ['argsort', (dim) => F.argsort(matrix, { dim })],
  ['topk', (dim) => F.topk(matrix, 1, { dim })],
  ['kthvalue', (dim) => F.kthvalue(matrix, 1, { dim })],
  ['median', (dim) => F.median(matrix, dim)],
  ['glu', (dim) => F.glu(matrix, { dim })],
];

const ofDims = DIMS.flatMap(([op, call]): WrongCall[] => [
  [() => call(2), R, `[${op}] expected dim to be an integer from -2 to 1 but received 2`],
  [() => call(0.5), R, `[${op}] expected dim to be an integer but received 0.5`],
]);

const COUNTS: [string, (k: number) => unknown][] = [
  ['topk', (k) => F.topk(matrix, k)],
  ['kthvalue', (k) => F.kthvalue(matrix, k)],
];

const ofCounts = COUNTS.flatMap(([op, call]): WrongCall[] => [
  [() => call(4), R, `[${op}] expected k to be an integer from 1 to 3 but received 4`],
  [() => call(0), R, `[${op}] expected k to be an integer >= 1 but received 0`],
  [() => call(any('1')), T, `[${op}] expected k to be an integer >= 1 but received "1"`],
]);

/** Functions that take a tensor and no option. */
const PLAIN = [
  'abs',
  'acos',
  'asin',
  'atan',
  'ceil',
  'cos',
  'cosh',
  'erfc',
  'exp',
  'expm1',
  'log',
  'log10',
  'log1p',
  'log2',
  'mean',
  'neg',
  'reciprocal',
  'relu6',
  'round',
  'rsqrt',
  'selu',
  'sigmoid',
  'sign',
  'silu',
  'mish',
  'sinh',
  'softsign',
  'hardsigmoid',
  'hardswish',
  'logsigmoid',
  'tanhshrink',
  'sqrt',
  'square',
  'sum',
  'tan',
  'tanh',
  'trunc',
] as const;

const ofPlain = PLAIN.map((op): WrongCall => [
  () => F[op](any(integers)),
  T,
  `[${op}] expected x to be a float32 Tensor but received a Tensor of int32`,
]);

/** Modules that take no option, by the function of theirs that says what is wrong. */
const MODULES: [string, () => nn.Module, string][] = [
  ['ReLU', () => new nn.ReLU(), 'relu'],
  ['ReLU6', () => new nn.ReLU6(), 'relu6'],
  ['SELU', () => new nn.SELU(), 'selu'],
  ['SiLU', () => new nn.SiLU(), 'silu'],
  ['Mish', () => new nn.Mish(), 'mish'],
  ['Sigmoid', () => new nn.Sigmoid(), 'sigmoid'],
  ['Tanh', () => new nn.Tanh(), 'tanh'],
  ['Softsign', () => new nn.Softsign(), 'softsign'],
  ['Hardsigmoid', () => new nn.Hardsigmoid(), 'hardsigmoid'],
  ['Hardswish', () => new nn.Hardswish(), 'hardswish'],
  ['LogSigmoid', () => new nn.LogSigmoid(), 'logsigmoid'],
  ['Tanhshrink', () => new nn.Tanhshrink(), 'tanhshrink'],
];

const ofModules = MODULES.map(([, make, op]): WrongCall => [
  () => make().forward(any('x')),
  T,
  `[${op}] expected x to be a float32 Tensor but received "x"`,
]);

/** Modules that the rows of other tables name by their functions only. */
export const MODULES_BY_FUNCTION: readonly string[] = MODULES.map(([name]) => name);

export const ACTIVATIONS_ORDER: readonly WrongCall[] = [
  ...ofTensors,
  ...ofDims,
  ...ofCounts,
  ...ofPlain,
  ...ofModules,
  [
    () => F.sort(matrix, { descending: any(1) }),
    T,
    '[sort] expected descending to be true or false but received 1',
  ],
  [
    () => F.sort(matrix, any('0')),
    T,
    '[sort] expected options to be a dimension, an array of them or an object but received "0"',
  ],
  [
    () => F.argsort(matrix, { descending: any('no') }),
    T,
    '[argsort] expected descending to be true or false but received "no"',
  ],
  [
    () => F.topk(matrix, 1, { largest: any(null) }),
    T,
    '[topk] expected largest to be true or false but received null',
  ],
  [
    () => F.kthvalue(matrix, 1, { keepdim: any(0) }),
    T,
    '[kthvalue] expected keepdim to be true or false but received 0',
  ],
  [
    () => F.median(matrix, { dim: 0, keepdim: any(1) }),
    T,
    '[median] expected keepdim to be true or false but received 1',
  ],
  [() => F.glu(matrix), S, '[glu] expected x to be of an even length in dimension 1 but received [2, 3]'],
  [
    () => F.lpPool2d(image, { normType: 0, kernelSize: 2 }),
    R,
    '[lpPool2d] expected normType to be a number other than 0 but received 0',
  ],
  [
    () => F.lpPool2d(image, any({ kernelSize: 2 })),
    T,
    '[lpPool2d] expected normType to be a number but received undefined',
  ],
  [
    () => F.lpPool1d(signal, { normType: 2, kernelSize: 0 }),
    R,
    '[lpPool1d] expected kernelSize to be an integer >= 1 but received 0',
  ],
  [
    () => F.clamp(matrix, { min: integers as never, max: ones([2]) }),
    S,
    '[clamp] expected shapes that broadcast but received [2, 3] and [2]',
  ],
  [
    () => F.clamp(matrix, { min: ones([3], { dtype: 'float64' }) as never }),
    T,
    "[clamp] expected min to be a Tensor of float32, as x is, but received a Tensor of float64; asType('float32') converts it",
  ],
  [() => F.elu(matrix, { alpha: any(null) }), T, '[elu] expected alpha to be a number but received null'],
  [() => new nn.ELU({ alpha: any('1') }), T, '[ELU] expected alpha to be a number but received "1"'],
  [() => new nn.CELU({ alpha: 0 }), R, '[CELU] expected alpha to be a number other than 0 but received 0'],
  [() => new nn.CELU({ alpha: any(null) }), T, '[CELU] expected alpha to be a number but received null'],
  [
    () => new nn.Softplus({ beta: 0 }),
    R,
    '[Softplus] expected beta to be a number other than 0 but received 0',
  ],
  [
    () => new nn.Softplus({ threshold: any('20') }),
    T,
    '[Softplus] expected threshold to be a number but received "20"',
  ],
  [
    () => new nn.Hardtanh({ minVal: 1, maxVal: 0 }),
    R,
    '[Hardtanh] expected maxVal to be a number >= 1 but received 0',
  ],
  [
    () => new nn.Hardtanh({ minVal: any('a') }),
    T,
    '[Hardtanh] expected minVal to be a number but received "a"',
  ],
  [
    () => new nn.Softshrink({ lambd: -1 }),
    R,
    '[Softshrink] expected lambd to be a number >= 0 but received -1',
  ],
  [
    () => new nn.Hardshrink({ lambd: any({}) }),
    T,
    '[Hardshrink] expected lambd to be a number but received Object',
  ],
  [
    () => new nn.Threshold(any(undefined), 1),
    T,
    '[Threshold] expected threshold to be a number but received undefined',
  ],
  [() => new nn.Threshold(1, any(null)), T, '[Threshold] expected value to be a number but received null'],
  [
    () => new nn.PReLU({ numParameters: 0 }),
    R,
    '[PReLU] expected numParameters to be an integer >= 1 but received 0',
  ],
  [() => new nn.PReLU({ init: any('0') }), T, '[PReLU] expected init to be a number but received "0"'],
  [
    () => new nn.PReLU({ numParameters: 2 }).forward(image),
    S,
    '[prelu] expected weight to be of shape [1] or [3] but received [2]',
  ],
  [() => new nn.GLU({ dim: 0.5 }), R, '[GLU] expected dim to be an integer but received 0.5'],
  [
    () => new nn.GLU({ dim: 1 }).forward(image),
    S,
    '[glu] expected x to be of an even length in dimension 1 but received [2, 3, 4, 4]',
  ],
  [
    () => new nn.Softmax2d().forward(matrix),
    S,
    '[Softmax2d] expected x to be of shape (N, C, H, W) or (C, H, W) but received [2, 3]',
  ],
  [() => new nn.LPPool1d(0, 2), R, '[LPPool1d] expected normType to be a number other than 0 but received 0'],
  [
    () => new nn.LPPool1d(2, any('2')),
    T,
    '[LPPool1d] expected kernelSize to be an integer >= 1 but received "2"',
  ],
  [
    () => new nn.LPPool2d(2, [0, 1]),
    R,
    '[LPPool2d] expected kernelSize[0] to be an integer >= 1 but received 0',
  ],
  [
    () => new nn.LPPool2d(2, 2, { ceilMode: any(1) }),
    T,
    '[LPPool2d] expected ceilMode to be true or false but received 1',
  ],
];
