/** Wrong calls of what works along dimensions: reductions, softmax, norms, and their modules. */
import { ArgumentError, ArgumentRangeError, ShapeError } from '@org/lr-core';
import { F, nn, ones, tensor, zeros } from '../../src/index.ts';
import { any } from './wrong-calls.ts';
import type { WrongCall } from './wrong-calls.ts';

const T = ArgumentError;
const R = ArgumentRangeError;
const S = ShapeError;

const matrix = ones([2, 3]);
const vector = ones([3]);
const image = ones([2, 3, 4, 4]);
const empty = zeros([0, 3]);
const integers = tensor(Int32Array.of(0, 1));

const REDUCTIONS = [
  'prod',
  'amax',
  'amin',
  'logsumexp',
  'var',
  'std',
  'varMean',
  'norm',
  'vectorNorm',
] as const;

const ofReductions = REDUCTIONS.flatMap((op): WrongCall[] => [
  [() => F[op](any([1])), T, `[${op}] expected x to be a float32 Tensor but received [1]`],
  [() => F[op](any(integers)), T, `[${op}] expected x to be a float32 Tensor but received a Tensor of int32`],
  [() => F[op](empty), S, `[${op}] expected x to be a Tensor with elements but received shape [0, 3]`],
  [() => F[op](matrix, 2), R, `[${op}] expected dim to be an integer from -2 to 1 but received 2`],
  [() => F[op](matrix, [1, -1]), S, `[${op}] expected dim to be different dimensions but received [1, -1]`],
  [
    () => F[op](matrix, { keepdim: any(1) }),
    T,
    `[${op}] expected keepdim to be true or false but received 1`,
  ],
  [
    () => F[op](matrix, any('0')),
    T,
    `[${op}] expected options to be a dimension, an array of them or an object but received "0"`,
  ],
]);

const POSITIONS: [string, (x: typeof matrix, options: number | F.AxisOptions) => unknown][] = [
  ['max', (x, options) => F.max(x, options)],
  ['min', (x, options) => F.min(x, options)],
  ['argmax', (x, options) => F.argmax(x, options)],
  ['argmin', (x, options) => F.argmin(x, options)],
];

const ofPositions = POSITIONS.flatMap(([op, call]): WrongCall[] => [
  [() => call(any(3), 0), T, `[${op}] expected x to be a float32 Tensor but received 3`],
  [() => call(matrix, -3), R, `[${op}] expected dim to be an integer from -2 to 1 but received -3`],
  [() => call(matrix, { dim: any('1') }), T, `[${op}] expected dim to be an integer but received "1"`],
  [
    () => call(matrix, { dim: 0, keepdim: any(null) }),
    T,
    `[${op}] expected keepdim to be true or false but received null`,
  ],
]);

const ofLanes = (['softmax', 'logSoftmax', 'softmin', 'cumsum'] as const).flatMap((op): WrongCall[] => [
  [() => F[op](any(null), { dim: 0 }), T, `[${op}] expected x to be a float32 Tensor but received null`],
  [() => F[op](matrix, { dim: 1.5 }), R, `[${op}] expected dim to be an integer but received 1.5`],
  [() => F[op](matrix, { dim: 5 }), R, `[${op}] expected dim to be an integer from -2 to 1 but received 5`],
  [
    () => F[op](matrix, any(undefined)),
    T,
    `[${op}] expected options to be a dimension, an array of them or an object but received undefined`,
  ],
]);

const NORMS: [string, (x: typeof matrix, options: object) => unknown][] = [
  ['batchNorm', (x, options) => F.batchNorm(x, null, null, { training: true, ...options })],
  ['layerNorm', (x, options) => F.layerNorm(x, { normalizedShape: 3, ...options })],
  ['rmsNorm', (x, options) => F.rmsNorm(x, { normalizedShape: 3, ...options })],
  ['groupNorm', (x, options) => F.groupNorm(x, { numGroups: 1, ...options })],
];

const ofNorms = NORMS.flatMap(([op, call]): WrongCall[] => [
  [() => call(any('x'), {}), T, `[${op}] expected x to be a float32 Tensor but received "x"`],
  [() => call(empty, {}), S, `[${op}] expected x to be a Tensor with elements but received shape [0, 3]`],
  [
    () => call(matrix, { weight: any(1) }),
    T,
    `[${op}] expected weight to be a float32 Tensor but received 1`,
  ],
  [() => call(matrix, { weight: ones([2]) }), S, `[${op}] expected weight.shape to be [3] but received [2]`],
  [() => call(matrix, { eps: -1 }), R, `[${op}] expected eps to be a number >= 0 but received -1`],
  [() => call(matrix, { eps: any('0') }), T, `[${op}] expected eps to be a number >= 0 but received "0"`],
]);

const instance = (options: object) => () => F.instanceNorm(image, options);

export const REDUCTIONS_NORMS: readonly WrongCall[] = [
  ...ofReductions,
  ...ofPositions,
  ...ofLanes,
  ...ofNorms,
  [
    () => F.var(matrix, { correction: any('1') }),
    T,
    '[var] expected correction to be a number but received "1"',
  ],
  [
    () => F.std(matrix, { correction: any(null) }),
    T,
    '[std] expected correction to be a number but received null',
  ],
  [() => F.norm(matrix, { p: any('fro') }), T, '[norm] expected p to be a number but received "fro"'],
  [
    () => F.vectorNorm(matrix, { ord: any([]) }),
    T,
    '[vectorNorm] expected ord to be a number but received []',
  ],
  [() => F.all(any([true])), T, '[all] expected x to be a Tensor but received [true]'],
  [() => F.any(matrix, 2), R, '[any] expected dim to be an integer from -2 to 1 but received 2'],
  [() => F.normalize(vector), R, '[normalize] expected dim to be an integer from -1 to 0 but received 1'],
  [() => F.normalize(matrix, { p: any('2') }), T, '[normalize] expected p to be a number but received "2"'],
  [() => F.normalize(matrix, { eps: -1 }), R, '[normalize] expected eps to be a number >= 0 but received -1'],

  [
    () => F.batchNorm(matrix, null, null, { training: any(1) }),
    T,
    '[batchNorm] expected training to be true or false but received 1',
  ],
  [
    () => F.batchNorm(matrix, vector, null),
    T,
    '[batchNorm] expected runningMean and runningVar to be tensors where training is false but received null',
  ],
  [
    () => F.batchNorm(matrix, vector, vector, { momentum: any(null) }),
    T,
    '[batchNorm] expected momentum to be a number but received null',
  ],
  [
    () => F.batchNorm(matrix, vector, vector, { bias: ones([4]) }),
    S,
    '[batchNorm] expected bias.shape to be [3] but received [4]',
  ],
  [
    () => F.layerNorm(vector, { normalizedShape: [1, 3] }),
    S,
    '[layerNorm] expected x to be of shape (…, 1, 3) but received [3]',
  ],
  [
    () => F.rmsNorm(matrix, { normalizedShape: [0] }),
    R,
    '[rmsNorm] expected normalizedShape[0] to be an integer >= 1 but received 0',
  ],
  [
    () => F.rmsNorm(matrix, any({})),
    T,
    '[rmsNorm] expected normalizedShape to be an integer >= 1 or an array of them but received undefined',
  ],
  [
    () => F.groupNorm(vector, { numGroups: 1 }),
    S,
    '[groupNorm] expected x to be of shape (N, C, …) but received [3]',
  ],
  [
    () => F.groupNorm(matrix, { numGroups: 0 }),
    R,
    '[groupNorm] expected numGroups to be an integer >= 1 but received 0',
  ],
  [
    () => F.instanceNorm(matrix),
    S,
    '[instanceNorm] expected x to be of shape (N, C, L, …) but received [2, 3]',
  ],
  [
    () => F.instanceNorm(ones([2, 3, 1])),
    S,
    '[instanceNorm] expected x to be of more than one value per channel but received [2, 3, 1]',
  ],
  [
    instance({ useInputStats: 1 }),
    T,
    '[instanceNorm] expected useInputStats to be true or false but received 1',
  ],
  [
    instance({ useInputStats: false }),
    T,
    '[instanceNorm] expected runningMean and runningVar to be tensors where useInputStats is false but received undefined',
  ],
  [instance({ momentum: 'x' }), T, '[instanceNorm] expected momentum to be a number but received "x"'],
  [instance({ eps: NaN }), R, '[instanceNorm] expected eps to be a number >= 0 but received NaN'],
  [
    instance({ runningMean: ones([2]) }),
    S,
    '[instanceNorm] expected runningMean.shape to be [3] but received [2]',
  ],
  [instance({ weight: 1 }), T, '[instanceNorm] expected weight to be a float32 Tensor but received 1'],

  [() => new nn.BatchNorm3d(0), R, '[BatchNorm3d] expected numFeatures to be an integer >= 1 but received 0'],
  [
    () => new nn.BatchNorm3d(3).forward(image),
    S,
    '[BatchNorm3d] expected x to be of shape (N, 3, D, H, W) but received [2, 3, 4, 4]',
  ],
  [
    () => new nn.BatchNorm2d(3, { momentum: any('0.1') }),
    T,
    '[BatchNorm2d] expected momentum to be a number but received "0.1"',
  ],
  [
    () => new nn.InstanceNorm1d(3).forward(image),
    S,
    '[InstanceNorm1d] expected x to be of shape (N, 3, L) or (3, L) but received [2, 3, 4, 4]',
  ],
  [
    () => new nn.InstanceNorm2d(4).forward(image),
    S,
    '[InstanceNorm2d] expected x to be of shape (N, 4, H, W) or (4, H, W) but received [2, 3, 4, 4]',
  ],
  [
    () => new nn.InstanceNorm2d(4, { affine: any(1) }),
    T,
    '[InstanceNorm2d] expected affine to be true or false but received 1',
  ],
  [
    () => new nn.InstanceNorm1d(4, { eps: -1 }),
    R,
    '[InstanceNorm1d] expected eps to be a number >= 0 but received -1',
  ],
  [
    () => new nn.RMSNorm(any('4')),
    T,
    '[RMSNorm] expected normalizedShape to be an integer >= 1 or an array of them but received "4"',
  ],
  [() => new nn.RMSNorm(4, { eps: -1 }), R, '[RMSNorm] expected eps to be a number >= 0 but received -1'],
  [
    () => new nn.RMSNorm(4, { elementwiseAffine: any(0) }),
    T,
    '[RMSNorm] expected elementwiseAffine to be true or false but received 0',
  ],
  [() => new nn.Softmin(any({})), T, '[Softmin] expected dim to be an integer but received undefined'],
];
