/**
 * What a call of an operator is and costs, from its geometry (addon-types.ts) and the sizes of its arrays: its name, the
 * shapes of its arrays, its floating-point operations and the bytes it has to move. An operator without a row has none
 * of the first, flat arrays, no count of operations, and moves every array once.
 */
import { BINARY, COMPARE, LOSS, PHASE, REDUCE, UNARY } from '../addon-types.ts';
import type { ProfiledCalls } from '../addon-types.ts';

type Numbers = readonly number[];

/** Names of the kinds that operators have as their first number. */
const KINDS: Record<string, Readonly<Record<string, number>>> = {
  unaryForward: UNARY,
  unaryBackward: UNARY,
  binaryForward: BINARY,
  binaryBackward: BINARY,
  reduceForward: REDUCE,
  reduceBackward: REDUCE,
  argReduce: REDUCE,
  compare: COMPARE,
  pointwiseLossForward: LOSS,
  pointwiseLossBackward: LOSS,
};

/** The field of a convolution's geometry that says whether it gives the relu, as captured steps have it do. */
const RELU_OF_CONVOLUTION = 17;

/**
 * `unaryForward(relu)`, `optimizerStep(adam)`, `conv2dForward`, or `conv2dForward(relu)` and `conv2dForward(relu, maxPool2d)` of
 * what a captured step does in one.
 */
export function nameOf({ name, phase, numbers }: ProfiledCalls): string {
  if (phase === PHASE.optimizer) return `optimizerStep(${name})`;
  if (name === 'conv2dForward' || name === 'conv2dMaxPoolForward') {
    const also = [
      ...(numbers[RELU_OF_CONVOLUTION] === 1 ? ['relu'] : []),
      ...(name === 'conv2dMaxPoolForward' ? ['maxPool2d'] : []),
    ];
    return also.length === 0 ? name : `conv2dForward(${also.join(', ')})`;
  }
  const kinds = KINDS[name];
  const kind = kinds && Object.keys(kinds).find((candidate) => kinds[candidate] === numbers[0]);
  return kind === undefined ? name : `${name}(${kind})`;
}

const convolution = ([n, c, h, w, k, outH, outW, kernelH, kernelW, , , , , , , groups]: Numbers) => ({
  x: [n!, c!, h!, w!],
  w: [k!, c! / groups!, kernelH!, kernelW!],
  bias: [k!],
  y: [n!, k!, outH!, outW!],
});
const linear = ([rows, inFeatures, outFeatures]: Numbers) => ({
  x: [rows!, inFeatures!],
  w: [outFeatures!, inFeatures!],
  bias: [outFeatures!],
  y: [rows!, outFeatures!],
});
const image = ([planes, inH, inW, outH, outW]: Numbers) => ({
  x: [planes!, inH!, inW!],
  y: [planes!, outH!, outW!],
});
/** The shape that a Strided walks. */
const walk = ([dims, ...shape]: Numbers): number[] => shape.slice(0, dims);

type Shapes = (numbers: Numbers) => readonly Numbers[];

/** The shapes of the three passes of a layer with weights. */
function layer(
  name: string,
  of: (numbers: Numbers) => Record<'x' | 'w' | 'bias' | 'y', Numbers>,
): Record<string, Shapes> {
  const shapes =
    (...arrays: ('x' | 'w' | 'bias' | 'y')[]): Shapes =>
    (numbers) =>
      arrays.map((array) => of(numbers)[array]);
  return {
    [`${name}Forward`]: shapes('x', 'w', 'bias', 'y'),
    [`${name}BackwardInput`]: shapes('y', 'w', 'x'),
    [`${name}BackwardWeight`]: shapes('x', 'y', 'w', 'bias'),
  };
}

/** Shapes of an operator's arrays, in the order of its parameters. */
const SHAPES: Record<string, Shapes> = {
  gemm: ([m, n, k, , , , transposeA, transposeB]) => [
    transposeA ? [k!, m!] : [m!, k!],
    transposeB ? [n!, k!] : [k!, n!],
    [m!, n!],
  ],
  ...layer('conv2d', convolution),
  conv2dMaxPoolForward: (numbers) => {
    const { x, w, bias, y } = convolution(numbers);
    const maxima = [y[0]!, y[1]!, Math.floor(y[2]! / 2), Math.floor(y[3]! / 2)];
    return [x, w, bias, maxima, maxima];
  },
  ...layer('linear', linear),
  maxPool2dForward: (numbers) => {
    const { x, y } = image(numbers);
    return [x, y, y];
  },
  maxPool2dBackward: (numbers) => {
    const { x, y } = image(numbers);
    return [y, y, x];
  },
  softmaxForward: (shape) => [shape, shape],
  softmaxBackward: (shape) => [shape, shape, shape],
  logSoftmaxForward: (shape) => [shape, shape],
  logSoftmaxBackward: (shape) => [shape, shape, shape],
};

/** The shape of each array of a call, null for one that was null. */
export function shapesOf({ name, numbers, arrays }: ProfiledCalls): (readonly number[] | null)[] {
  const shapes = SHAPES[name]?.(Array.from(numbers));
  return elementsOf(arrays).map((elements, i) => (elements === 0 ? null : (shapes?.[i] ?? [elements])));
}

const gemmFlops = ([m, n, k]: Numbers): number => 2 * m! * n! * k!;
const convFlops = (numbers: Numbers): number => {
  const { w, y } = convolution(numbers);
  return 2 * sizeOf(y) * (sizeOf(w) / w[0]!);
};
const linearFlops = (numbers: Numbers): number => 2 * numbers[0]! * numbers[1]! * numbers[2]!;

const FLOPS: Record<string, (numbers: Numbers) => number> = {
  gemm: gemmFlops,
  gemmBatch: (numbers) => gemmFlops(numbers) * numbers[6]! * numbers[7]!,
  conv2dForward: convFlops,
  conv2dMaxPoolForward: convFlops,
  conv2dBackwardInput: convFlops,
  conv2dBackwardWeight: convFlops,
  linearForward: linearFlops,
  linearBackwardInput: linearFlops,
  linearBackwardWeight: linearFlops,
};

/**
 * Floating-point operations of one call, a multiply-add as two, without those of biases; convolutions as direct ones
 * have them, however they are computed. Null where memory is what counts.
 */
export function flopsOf({ name, numbers }: ProfiledCalls): number | null {
  return FLOPS[name]?.(Array.from(numbers)) ?? null;
}

/** Elements that a call reads and writes of each array, where that is not every one once. */
const MOVES: Record<string, (elements: Numbers, numbers: Numbers) => Numbers> = {
  // Of x and y a gradient reads one.
  unaryBackward: ([n]) => [n!, 0, n!, n!],
  accumulate: ([n]) => [n!, 2 * n!],
  movingAverage: ([n], [, share]) => [n!, share === 1 ? n! : 2 * n!],
  // The gradients of sums and means are of dy alone.
  reduceBackward: ([x, y, dy, dx], [kind]) =>
    kind === REDUCE.sum || kind === REDUCE.mean ? [0, 0, dy!, dx!] : [x!, y!, dy!, dx!],
  copy: (elements, numbers) => atMost(sizeOf(walk(numbers)), elements),
  copyBytes: (elements, numbers) => atMost(sizeOf(walk(numbers)), elements),
  where: (elements, numbers) => atMost(sizeOf(walk(numbers)), elements),
  compare: (elements, [, ...strided]) => atMost(sizeOf(walk(strided)), elements),
  binaryForward: (elements, [, ...strided]) => atMost(sizeOf(walk(strided)), elements),
  binaryBackward: (elements, [, ...strided]) => atMost(sizeOf(walk(strided)), elements),
  gather: ([x, index, y]) => [Math.min(x!, y!), index!, y!],
  gatherRows: ([x, index, y]) => [Math.min(x!, y!), index!, y!],
  scaleGradients: ([x]) => [2 * x!],
  scatter: ([x, index, y]) => [x!, index!, Math.min(x!, y!)],
  scatterAdd: ([x, index, y]) => [x!, index!, 2 * Math.min(x!, y!)],
};

/** Bytes that one call has to read and write: those of its arrays, each once, or as often as it is read and written. */
export function bytesOf({ name, phase, numbers, arrays }: ProfiledCalls): number {
  const elements = elementsOf(arrays);
  // Parameters and state are read and written, gradients read.
  const moved =
    phase === PHASE.optimizer
      ? elements.map((count, role) => (role === 1 ? count : 2 * count))
      : (MOVES[name]?.(elements, Array.from(numbers)) ?? elements);
  return moved.reduce((sum, count, i) => sum + count * arrays[2 * i + 1]!, 0);
}

function elementsOf(arrays: Float64Array): number[] {
  return Array.from({ length: arrays.length / 2 }, (_, i) => arrays[2 * i]!);
}

function sizeOf(shape: Numbers): number {
  return shape.reduce((a, b) => a * b, 1);
}

function atMost(limit: number, elements: Numbers): Numbers {
  return elements.map((count) => Math.min(count, limit));
}
