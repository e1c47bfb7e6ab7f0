/** Wrong calls of elementwise functions, comparisons, and what changes shapes or indexes. */
import { ArgumentError as T, ArgumentRangeError as R, ShapeError as S } from '@org/lr-core';
import { F, arange, eye, linspace, ones, tensor, zeros, zerosLike } from '../../src/index.ts';
import { any } from './wrong-calls.ts';
import type { WrongCall } from './wrong-calls.ts';

const vector = ones([3]);
const matrix = ones([2, 3]);
const block = ones([2, 3, 4]);
const empty = zeros([0, 3]);
const integers = tensor(Int32Array.of(1, 2, 0));
const longs = tensor(BigInt64Array.of(1n, 2n, 0n));
const booleans = tensor([1, 0, 1], { dtype: 'bool' });
const doubles = tensor([1, 2, 3], { dtype: 'float64' });
// They broadcast in every second dimension, so that no two can be walked as one.
const nine = ones(Array.from({ length: 9 }, () => 2));
const column = ones(Array.from({ length: 9 }, (_, d) => (d % 2 === 0 ? 2 : 1)));

const ARITHMETIC: WrongCall[] = [
  [() => F.add(any('x'), 1), T, '[add] expected a to be a Tensor or a number but received "x"'],
  [() => F.add(vector, any(null)), T, '[add] expected b to be a Tensor or a number but received null'],
  [
    () => F.add(vector, any([1, 2, 3])),
    T,
    '[add] expected b to be a Tensor or a number but received [1, 2, 3]',
  ],
  [() => F.add(vector, ones([4])), S, '[add] expected shapes that broadcast but received [3] and [4]'],
  [() => F.add(empty, 1), S, '[add] expected a to be a Tensor with elements but received shape [0, 3]'],
  [
    () => F.add(integers, 0.5),
    R,
    "[add] expected b to be an integer, beside a Tensor of int32, but received 0.5; asType('float32') makes that one real",
  ],
  [() => F.mul(booleans, 2), R, '[mul] expected b to be 0 or 1, beside a Tensor of bool, but received 2'],
  [
    () => F.add(booleans, booleans),
    T,
    "[add] expected a to be a Tensor of numbers but received a Tensor of bool; asType('int32') converts it",
  ],
  [
    () => F.sub(any(integers), longs),
    T,
    "[sub] expected b to be a Tensor of int32, as a is, but received a Tensor of int64; asType('int32') converts it",
  ],
  [
    () => F.mul(any(vector), doubles),
    T,
    "[mul] expected b to be a Tensor of float32, as a is, but received a Tensor of float64; asType('float32') converts it",
  ],
  [
    () => F.div(vector, matrix.reshape([3, 2])),
    S,
    '[div] expected shapes that broadcast but received [3] and [3, 2]',
  ],
  [() => F.pow(integers, -1), R, '[pow] expected b to be integers >= 0, as a is integers, but received less'],
  [() => F.remainder(integers, 0), R, '[remainder] expected b to be integers other than 0 but received 0'],
  [() => F.fmod(integers, integers), R, '[fmod] expected b to be integers other than 0 but received 0'],
  [
    () => F.maximum(vector, any(undefined)),
    T,
    '[maximum] expected b to be a Tensor or a number but received undefined',
  ],
  [
    () => F.minimum(any({}), vector),
    T,
    '[minimum] expected a to be a Tensor or a number but received Object',
  ],
  [() => F.atan2(vector, ones([2])), S, '[atan2] expected shapes that broadcast but received [3] and [2]'],
  [
    () => F.lerp(vector, any('end'), 0.5),
    T,
    '[lerp] expected end to be a Tensor or a number but received "end"',
  ],
  [
    () => F.addcmul(vector, vector, vector, { value: any('1') }),
    T,
    '[addcmul] expected value to be a number but received "1"',
  ],
  [
    () => F.addcdiv(vector, vector, vector, { value: any(null) }),
    T,
    '[addcdiv] expected value to be a number but received null',
  ],
  [() => vector.add(ones([2])), S, '[add] expected shapes that broadcast but received [3] and [2]'],
  [
    () => F.add(nine, column),
    S,
    '[add] expected at most 8 dimensions that cannot be walked as one but received [2, 2, ',
  ],
];

const FUNCTIONS: WrongCall[] = [
  [() => F.sin(any(integers)), T, '[sin] expected x to be a float32 Tensor but received a Tensor of int32'],
  [() => F.exp2(any(2)), T, '[exp2] expected x to be a float32 Tensor but received 2'],
  [() => F.floor(empty), S, '[floor] expected x to be a Tensor with elements but received shape [0, 3]'],
  [() => F.erf(any(booleans)), T, '[erf] expected x to be a float32 Tensor but received a Tensor of bool'],
  [() => F.elu(vector, { alpha: any('1') }), T, '[elu] expected alpha to be a number but received "1"'],
  [() => F.celu(vector, { alpha: 0 }), R, '[celu] expected alpha to be a number other than 0 but received 0'],
  [
    () => F.softplus(vector, { beta: 0 }),
    R,
    '[softplus] expected beta to be a number other than 0 but received 0',
  ],
  [
    () => F.softplus(vector, { threshold: any('20') }),
    T,
    '[softplus] expected threshold to be a number but received "20"',
  ],
  [
    () => F.hardtanh(vector, { minVal: 1, maxVal: 0 }),
    R,
    '[hardtanh] expected maxVal to be a number >= 1 but received 0',
  ],
  [
    () => F.hardtanh(vector, { minVal: any(null) }),
    T,
    '[hardtanh] expected minVal to be a number but received null',
  ],
  [
    () => F.softshrink(vector, { lambd: -1 }),
    R,
    '[softshrink] expected lambd to be a number >= 0 but received -1',
  ],
  [
    () => F.hardshrink(vector, { lambd: any('x') }),
    T,
    '[hardshrink] expected lambd to be a number but received "x"',
  ],
  [
    () => F.threshold(vector, any(undefined), 0),
    T,
    '[threshold] expected bound to be a number but received undefined',
  ],
  [() => F.threshold(vector, 0, any(null)), T, '[threshold] expected value to be a number but received null'],
  [() => F.prelu(matrix, ones([2])), S, '[prelu] expected weight to be of shape [1] or [3] but received [2]'],
  [() => F.prelu(matrix, any(0.25)), T, '[prelu] expected weight to be a float32 Tensor but received 0.25'],
  [
    () => F.leakyRelu(vector, { negativeSlope: any('x') }),
    T,
    '[leakyRelu] expected negativeSlope to be a number but received "x"',
  ],
  [() => F.clamp(vector, {}), S, '[clamp] expected options to be min, max or both but received Object'],
  [
    () => F.clamp(vector, any(undefined)),
    S,
    '[clamp] expected options to be min, max or both but received undefined',
  ],
  [() => F.clamp(vector, { min: any('0') }), T, '[clamp] expected min to be a number but received "0"'],
  [
    () => F.clamp(vector, { max: ones([2]) }),
    S,
    '[clamp] expected shapes that broadcast but received [3] and [2]',
  ],
];

const CHOICES: WrongCall[] = [
  [() => F.eq(vector, any('x')), T, '[eq] expected b to be a Tensor or a number but received "x"'],
  [
    () => F.lt(any(undefined), vector),
    T,
    '[lt] expected a to be a Tensor or a number but received undefined',
  ],
  [() => F.gt(vector, ones([2])), S, '[gt] expected shapes that broadcast but received [3] and [2]'],
  [() => F.ne(empty, 1), S, '[ne] expected a to be a Tensor with elements but received shape [0, 3]'],
  [() => F.eq(integers, any(null)), T, '[eq] expected b to be a Tensor or a number but received null'],
  [() => F.isnan(any(1)), T, '[isnan] expected x to be a Tensor but received 1'],
  [() => F.logicalAnd(booleans, any(true)), T, '[logicalAnd] expected b to be a Tensor but received true'],
  [
    () => F.logicalOr(booleans, ones([2])),
    S,
    '[logicalOr] expected shapes that broadcast but received [3] and [2]',
  ],
  [() => F.equal(vector, any(1)), T, '[equal] expected b to be a Tensor but received 1'],
  [
    () => F.allclose(vector, vector, { rtol: -1 }),
    R,
    '[allclose] expected rtol to be a number >= 0 but received -1',
  ],
  [
    () => F.allclose(vector, vector, { equalNan: any(1) }),
    T,
    '[allclose] expected equalNan to be true or false but received 1',
  ],
  [
    () => F.where(any(vector), 1, 0),
    T,
    '[where] expected condition to be a bool or uint8 Tensor but received a Tensor of float32',
  ],
  [
    () => F.where(booleans, vector, any('x')),
    T,
    '[where] expected b to be a Tensor or a number but received "x"',
  ],
  [
    () => F.where(booleans, ones([2]), vector),
    S,
    '[where] expected shapes that broadcast but received [2] and [3]',
  ],
  [
    () => F.where(booleans, ones([2]), 0),
    S,
    '[where] expected shapes that broadcast but received [3] and [2]',
  ],
  [
    () => F.where(booleans, any(integers), longs),
    T,
    '[where] expected b to be a Tensor of int32, as a is, but received a Tensor of int64',
  ],
  [
    () => F.maskedFill(vector, any(vector), 0),
    T,
    '[maskedFill] expected mask to be a bool or uint8 Tensor but received a Tensor of float32',
  ],
  [
    () => F.maskedFill(vector, booleans, any('0')),
    T,
    '[maskedFill] expected value to be a Tensor or a number but received "0"',
  ],
  [
    () => F.maskedSelect(vector, any([true])),
    T,
    '[maskedSelect] expected mask to be a bool or uint8 Tensor but received [true]',
  ],
  [
    () => F.maskedSelect(vector, F.lt(vector, 0)),
    S,
    '[maskedSelect] expected mask to be true somewhere but received [3]',
  ],
];

const SHAPES: WrongCall[] = [
  [() => F.view(matrix, [4, -1]), S, '[view] expected shape to be one of 6 elements but received [4, -1]'],
  [() => F.reshape(matrix, any(6)), T, '[reshape] expected shape to be an array of integers but received 6'],
  [
    () => F.unflatten(matrix, 1, [2, 2]),
    S,
    '[unflatten] expected sizes to be one of 3 elements but received [2, 2]',
  ],
  [
    () => F.unflatten(tensor(1), 0, [1]),
    S,
    '[unflatten] expected x to be of at least one dimension but received []',
  ],
  [
    () => F.permute(matrix, [0, 0]),
    S,
    '[permute] expected dims to be each of the 2 dimensions once but received [0, 0]',
  ],
  [
    () => F.permute(matrix, any('10')),
    T,
    '[permute] expected dims to be an array of dimensions but received "10"',
  ],
  [
    () => F.swapaxes(matrix, 0, 2),
    R,
    '[swapaxes] expected dim1 to be an integer from -2 to 1 but received 2',
  ],
  [
    () => F.movedim(block, [0, 1], [2]),
    S,
    '[movedim] expected destination to be of 2 dimensions but received [2]',
  ],
  [
    () => F.movedim(block, [0, 0], [1, 2]),
    S,
    '[movedim] expected source to be different dimensions but received [0, 0]',
  ],
  [() => F.flip(matrix, [0, -2]), S, '[flip] expected dims to be different dimensions but received [0, -2]'],
  [
    () => F.flip(matrix, any(null)),
    T,
    '[flip] expected dims to be a dimension or an array of dimensions but received null',
  ],
  [() => F.roll(matrix, 1.5, 0), R, '[roll] expected shifts[0] to be an integer but received 1.5'],
  [
    () => F.roll(matrix, [1, 2], 0),
    S,
    '[roll] expected dims to be of 2 dimensions, as shifts is, but received 0',
  ],
  [
    () => F.roll(matrix, [1, 2]),
    S,
    '[roll] expected shifts to be one number where there are no dims but received [1, 2]',
  ],
  [
    () => F.expand(matrix, [3, 3]),
    S,
    '[expand] expected shape to be one that [2, 3] broadcasts to but received [3, 3]',
  ],
  [
    () => F.expand(matrix, [3]),
    S,
    '[expand] expected shape to be one that [2, 3] broadcasts to but received [3]',
  ],
  [
    () => F.expand(matrix, [-1, 2, 3]),
    S,
    '[expand] expected shape to be one that [2, 3] broadcasts to but received [-1, 2, 3]',
  ],
  [() => F.expandAs(matrix, any([2, 3])), T, '[expandAs] expected other to be a Tensor but received [2, 3]'],
  [
    () => F.broadcastTo(matrix, any(6)),
    T,
    '[broadcastTo] expected shape to be an array of integers but received 6',
  ],
  [() => F.repeat(matrix, [2]), S, '[repeat] expected repeats to be of at least 2 numbers but received [2]'],
  [() => F.repeat(matrix, [2, 0]), R, '[repeat] expected repeats[1] to be an integer >= 1 but received 0'],
  [() => F.tile(matrix, any(2)), T, '[tile] expected repeats to be an array of integers but received 2'],
  [() => F.outer(matrix, vector), S, '[outer] expected a to be of shape (n) but received [2, 3]'],
  [
    () => F.meshgrid([]),
    T,
    '[meshgrid] expected vectors to be an array of at least one Tensor but received []',
  ],
  [
    () => F.meshgrid([vector], { indexing: any('ji') }),
    T,
    "[meshgrid] expected indexing to be 'ij' or 'xy' but received \"ji\"",
  ],
  [
    () => F.cat([vector, any(integers)]),
    T,
    '[cat] expected tensors[1] to be a float32 Tensor but received a Tensor of int32',
  ],
  [
    () => F.cat([matrix, block]),
    S,
    '[cat] expected tensors[1] to be of shape [2, 3] except in dimension 0 but received [2, 3, 4]',
  ],
  [() => F.stack([vector, ones([2])]), S, '[stack] expected tensors[1] to be of shape [3] but received [2]'],
  [() => F.diagonal(vector), S, '[diagonal] expected x to be of at least two dimensions but received [3]'],
  [
    () => F.diagonal(matrix, { offset: 3 }),
    R,
    '[diagonal] expected offset to be that of a diagonal with elements but received 3',
  ],
  [
    () => F.diagonal(matrix, { dim2: 0 }),
    S,
    '[diagonal] expected dim2 to be another dimension than dim1 but received 0',
  ],
  [() => F.diag(block), S, '[diag] expected x to be of shape (n) or (rows, columns) but received [2, 3, 4]'],
  [() => F.tril(vector), S, '[tril] expected x to be of at least two dimensions but received [3]'],
  [() => F.triu(matrix, 0.5), R, '[triu] expected diagonal to be an integer but received 0.5'],
  [
    () => F.pad(matrix, [1]),
    S,
    '[pad] expected padding to be pairs of numbers for at most 2 dimensions but received [1]',
  ],
  [
    () => F.pad(matrix, [1, 1, 1, 1, 1, 1]),
    S,
    '[pad] expected padding to be pairs of numbers for at most 2 dimensions',
  ],
  [
    () => F.pad(matrix, [-2, -1]),
    S,
    '[pad] expected padding to be one that leaves elements but received [-2, -1]',
  ],
  [
    () => F.pad(matrix, [3, 0], { mode: 'reflect' }),
    R,
    '[pad] expected padding to be at most 2 in dimension 1 but received [3, 0]',
  ],
  [
    () => F.pad(matrix, [4, 0], { mode: 'circular' }),
    R,
    '[pad] expected padding to be at most 3 in dimension 1 but received [4, 0]',
  ],
  [
    () => F.pad(matrix, [-1, 0], { mode: 'replicate' }),
    R,
    '[pad] expected padding[0] to be an integer >= 0 but received -1',
  ],
  [
    () => F.pad(matrix, [1, 1], { mode: any('wrap') }),
    T,
    "[pad] expected mode to be 'constant' or 'reflect' or 'replicate' or 'circular' but received",
  ],
];

const PARTS: WrongCall[] = [
  [
    () => F.narrow(matrix, 0, 2, 1),
    R,
    '[narrow] expected start to be an integer from -2 to 1 but received 2',
  ],
  [
    () => F.narrow(matrix, 1, 1, 3),
    R,
    '[narrow] expected length to be an integer from 1 to 2 but received 3',
  ],
  [
    () => F.narrow(tensor(1), 0, 0, 1),
    S,
    '[narrow] expected x to be of at least one dimension but received []',
  ],
  [() => F.select(matrix, 0, 2), R, '[select] expected index to be an integer from -2 to 1 but received 2'],
  [() => F.select(matrix, 2, 0), R, '[select] expected dim to be an integer from -2 to 1 but received 2'],
  [
    () => F.index(matrix, 0, 0, 0),
    S,
    '[index] expected items to be at most 2, as x has dimensions, but received [0, 0, 0]',
  ],
  [() => F.index(matrix, 5), R, '[index] expected items[0] to be an integer from -2 to 1 but received 5'],
  [
    () => F.index(matrix, any('0')),
    T,
    '[index] expected items[0] to be a number, null, [start, stop, step] or a Tensor of integers but received "0"',
  ],
  [
    () => F.index(matrix, [2, 1]),
    R,
    '[index] expected items[0] to be a range with elements, of 2, but received [2, 1]',
  ],
  [() => F.index(matrix, [0, 2, 0]), R, '[index] expected items[0][2] to be an integer >= 1 but received 0'],
  [() => F.index(matrix, any([])), S, '[index] expected items[0] to be [start, stop, step] but received []'],
  [
    () => F.index(matrix, any(vector)),
    T,
    '[index] expected items[0] to be a int32 or int64 or uint8 Tensor but received a Tensor of float32',
  ],
  [
    () => F.index(matrix, integers),
    R,
    '[index] expected items[0][1] to be an index from -2 to 1 but received 2',
  ],
  [() => F.split(matrix, 0), R, '[split] expected size to be an integer >= 1 but received 0'],
  [
    () => F.split(matrix, [1, 2]),
    S,
    '[split] expected size to be numbers that add up to 2 but received [1, 2]',
  ],
  [
    () => F.split(matrix, any('1')),
    T,
    '[split] expected size to be an integer or an array of integers but received "1"',
  ],
  [() => F.chunk(matrix, 0), R, '[chunk] expected chunks to be an integer >= 1 but received 0'],
  [() => F.unbind(matrix, 2), R, '[unbind] expected dim to be an integer from -2 to 1 but received 2'],
  [
    () => F.indexSelect(matrix, 0, integers),
    R,
    '[indexSelect] expected index[1] to be an index from 0 to 1 but received 2',
  ],
  [
    () => F.indexSelect(matrix, 0, any([0])),
    T,
    '[indexSelect] expected index to be a int32 or int64 or uint8 Tensor but received [0]',
  ],
  [
    () => F.gather(matrix, 0, integers),
    R,
    '[gather] expected index[1] to be an index from 0 to 1 but received 2',
  ],
  [
    () => F.gather(matrix, 1, integers),
    S,
    '[gather] expected index to be no larger than x, [2, 3], except in dimension 1 but received [3]',
  ],
  [
    () => F.gather(matrix, 1, any(matrix)),
    T,
    '[gather] expected index to be a int32 or int64 or uint8 Tensor but received a Tensor of float32',
  ],
  [
    () => F.scatter(vector, 0, integers, ones([2])),
    S,
    '[scatter] expected index to be no larger than source, [2], but received [3]',
  ],
  [
    () => F.scatter(vector, 0, integers, any('x')),
    T,
    '[scatter] expected source to be a float32 Tensor but received "x"',
  ],
  [
    () => F.scatterAdd(vector, 1, integers, vector),
    R,
    '[scatterAdd] expected dim to be an integer from -1 to 0 but received 1',
  ],
  [
    () => F.scatterAdd(vector, 0, any(vector), vector),
    T,
    '[scatterAdd] expected index to be a int32 or int64 or uint8 Tensor',
  ],
  [
    () => F.takeAlongDim(matrix, integers, 0),
    S,
    '[takeAlongDim] expected index to be of 2 dimensions but received [3]',
  ],
  [() => F.oneHot(integers, 2), R, '[oneHot] expected x[1] to be an index from 0 to 1 but received 2'],
  [
    () => F.oneHot(any(vector)),
    T,
    '[oneHot] expected x to be a int32 or int64 or uint8 Tensor but received a Tensor of float32',
  ],
  [() => F.oneHot(integers, 0), R, '[oneHot] expected numClasses to be an integer >= 1 but received 0'],
  [
    () => F.embedding(integers, ones([2, 4])),
    R,
    '[embedding] expected indices[1] to be an index from 0 to 1 but received 2',
  ],
];

const MAKING: WrongCall[] = [
  [() => arange(any('5')), T, '[arange] expected end to be a number but received "5"'],
  [
    () => arange(5, { step: 0 }),
    R,
    '[arange] expected step to be a number that leads from 0 to 5 but received 0',
  ],
  [
    () => arange(5, { step: -1 }),
    R,
    '[arange] expected step to be a number that leads from 0 to 5 but received -1',
  ],
  [() => arange(Infinity), R, '[arange] expected end to be a finite number but received Infinity'],
  [() => linspace(0, 1, -1), R, '[linspace] expected steps to be an integer >= 0 but received -1'],
  [() => linspace(0, any(null), 3), T, '[linspace] expected end to be a number but received null'],
  [() => eye(1.5), R, '[eye] expected n to be an integer >= 0 but received 1.5'],
  [() => zerosLike(any([1])), T, '[zerosLike] expected x to be a Tensor but received [1]'],
  [
    () => vector.asType(any('float16')),
    T,
    '[asType] expected dtype to be one of float32, float64, int32, int64, uint8, bool but received "float16"',
  ],
];

export const ELEMENTWISE_SHAPES: readonly WrongCall[] = [
  ...ARITHMETIC,
  ...FUNCTIONS,
  ...CHOICES,
  ...SHAPES,
  ...PARTS,
  ...MAKING,
];
