/** The fixtures of ops, which test/generate/ops.py writes, and how each is run. */
import { readFileSync, readdirSync } from 'node:fs';
import { F, Generator, Tensor, tensor } from '../src/index.ts';
import type { DType, IndexDType } from '../src/index.ts';

interface Stored {
  shape: number[];
  data: string;
}
/** A call of an op on inputs that are drawn from a seed, and what PyTorch made of it. */
export interface Case {
  op: string;
  seed: number;
  inputs: {
    shape: number[];
    integers?: number[];
    data?: string;
    dtype?: IndexDType | 'bool';
    frozen?: boolean;
  }[];
  range?: [number, number];
  options: Record<string, unknown>;
  y: Stored;
  /** Of y, where it takes no gradient. */
  dtype?: DType;
  grads: (Stored | null)[];
  terms: number[];
  floor?: [number, number];
}

const FOLDER = new URL('fixtures/ops/', import.meta.url);

/** How a case calls its op, where that is not F[op](...inputs, options). */
const CALLS: Record<string, (inputs: Tensor[], options: never) => Tensor> = {
  reshape: ([x], { shape }: { shape: number[] }) => F.reshape(x!, shape),
  transpose: ([x], { dims }: { dims: [number, number] }) => F.transpose(x!, ...dims),
  permute: ([x], { dims }: { dims: number[] }) => F.permute(x!, dims),
  squeeze: ([x], { dim }: { dim?: number }) => F.squeeze(x!, dim),
  unsqueeze: ([x], { dim }: { dim: number }) => F.unsqueeze(x!, dim),
  cat: (inputs, options) => F.cat(inputs, options),
  stack: (inputs, options) => F.stack(inputs, options),
  conv2d: ([x, w, b], options) => F.conv2d(x!, w!, b, options),
  crossEntropy: ([x, target, weight], options: object) => F.crossEntropy(x!, target!, { ...options, weight }),
  conv1d: ([x, w, b], options) => F.conv1d(x!, w!, b, options),
  convTranspose1d: ([x, w, b], options) => F.convTranspose1d(x!, w!, b, options),
  convTranspose2d: ([x, w, b], options) => F.convTranspose2d(x!, w!, b, options),
  maxUnpool2d: ([x, pooled], options: { kernelSize: number }) =>
    F.maxUnpool2d(pooled!, F.maxPool2d(x!, { ...options, returnIndices: true })[1], options),
  pad: ([x], { padding, ...options }: { padding: number[] }) => F.pad(x!, padding, options),
  einsum: (inputs, { equation }: { equation: string }) => F.einsum(equation, ...inputs),
  multiMarginLoss: ([x, target, weight], options: object) =>
    F.multiMarginLoss(x!, target as unknown as Tensor<'int32'>, { ...options, weight }),
  binaryCrossEntropy: ([x, target, weight], options: object) =>
    F.binaryCrossEntropy(x!, target!, { ...options, weight }),
  multilabelSoftMarginLoss: ([x, target, weight], options: object) =>
    F.multilabelSoftMarginLoss(x!, target!, { ...options, weight }),
  scaledDotProductAttention: ([q, k, v, mask], options: object) => {
    const isFloat = mask === undefined || mask.dtype === 'float32';
    const attnMask = isFloat ? mask : (mask as Tensor<DType>).asType('bool');
    return F.scaledDotProductAttention(q!, k!, v!, { ...options, attnMask });
  },
  nllLoss: ([x, target, weight], options: object) =>
    F.nllLoss(x!, target as unknown as Tensor<'int32'>, { ...options, weight }),
  bceWithLogits: ([x, target, weight, posWeight], options: object) =>
    F.bceWithLogits(x!, target!, { ...options, weight, posWeight }),
  max: ([x], options: { dim?: number }) =>
    options.dim === undefined ? F.max(x!) : F.max(x!, { dim: 0, ...options }).values,
  min: ([x], options: { dim?: number }) =>
    options.dim === undefined ? F.min(x!) : F.min(x!, { dim: 0, ...options }).values,
  norm: ([x], { p, ...options }: { p?: number | string }) =>
    F.norm(x!, { ...options, ...(p === undefined ? {} : { p: orderOf(p) }) }),
  normalize: ([x], { p, ...options }: { p?: number | string }) =>
    F.normalize(x!, { ...options, ...(p === undefined ? {} : { p: orderOf(p) }) }),
  varMean: ([x], { which, ...options }: { which: 0 | 1 }) => F.varMean(x!, options)[which],
  rmsNorm: ([x, weight], options: { normalizedShape: number[] }) => F.rmsNorm(x!, { ...options, weight }),
  instanceNorm: ([x, weight, bias, mean, variance], options: object) =>
    F.instanceNorm(x!, {
      ...options,
      weight,
      bias,
      ...(variance === undefined ? {} : { runningMean: mean, runningVar: F.add(variance, 1.5) }),
    }),
  batchNorm: ([x, mean, variance, weight, bias], options: object) =>
    F.batchNorm(x!, mean!, F.add(variance!, 1.5), { ...options, weight, bias }),
  layerNorm: ([x, weight, bias], options: { normalizedShape: number[] }) =>
    F.layerNorm(x!, { ...options, weight, bias }),
  groupNorm: ([x, weight, bias], options: { numGroups: number }) =>
    F.groupNorm(x!, { ...options, weight, bias }),
};

/** JSON has no infinities. */
function orderOf(p: number | string): number {
  return p === 'inf' ? Infinity : p === '-inf' ? -Infinity : (p as number);
}

function call(op: string, inputs: Tensor[], options: Record<string, unknown>): Tensor {
  if (Array.isArray(options.args)) {
    const withInputs = (value: unknown): unknown => {
      if (typeof value === 'string' && value.startsWith('$')) return inputs[Number(value.slice(1))];
      if (Array.isArray(value)) return value.map(withInputs);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withInputs(item)]));
    };
    const general = F[op as 'relu'] as unknown as (...args: unknown[]) => Tensor | Record<string, Tensor>;
    const y = general(...options.args.map(withInputs));
    return y instanceof Tensor ? y : y[options.pick as string]!;
  }
  const special = CALLS[op];
  if (special) return special(inputs, options as never);
  const fn = F[op as 'relu'] as unknown as (...args: unknown[]) => Tensor;
  return fn(...inputs, ...(Object.keys(options).length > 0 ? [options] : []));
}

export function decode({ data }: { data: string }): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(data, 'base64')).buffer);
}

function draw(generator: Generator, shape: number[], [from, to]: [number, number]): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  generator.uniform_(data, from, to);
  return tensor(data, { shape });
}

/** By family, in the order of their names. */
export function opFixtures(): [family: string, cases: Case[]][] {
  return readdirSync(FOLDER)
    .toSorted()
    .map((file) => {
      const { cases } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { cases: Case[] };
      return [file.replace('.json', ''), cases];
    });
}

/** The inputs, with their gradients where y has one, and y. */
export function runCase({ op, seed, inputs, range = [-1, 1], options, y }: Case): [Tensor[], Tensor<DType>] {
  const generator = new Generator(seed);
  const tensors = inputs.map(({ shape, integers, data, dtype, frozen }): Tensor<DType> => {
    if (integers) return tensor(Int32Array.from(integers), { shape }).asType(dtype ?? 'int32');
    const drawn = data === undefined ? draw(generator, shape, range) : tensor(decode({ data }), { shape });
    drawn.requiresGrad = !frozen;
    return drawn;
  }) as Tensor[];
  const actual = call(op, tensors, options);
  if (actual.requiresGrad) actual.backward(draw(generator, y.shape, [-1, 1]));
  return [tensors, actual];
}
