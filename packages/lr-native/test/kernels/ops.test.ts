/**
 * Values and all gradients of every op against PyTorch's, which test/generate/ops.py computed in float64.
 * The bound of an element that sums K products is a few eps · sqrt(K) of the largest magnitude.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { F, Generator, Tensor, fromTypedArray } from '../../src/index.ts';
import type { DType, IndexDType } from '../../src/index.ts';

interface Stored {
  shape: number[];
  data: string;
}
interface Case {
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

const EPS = 2 ** -24;
const FOLDER = new URL('../fixtures/ops/', import.meta.url);

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

function decode({ data }: { data: string }): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(data, 'base64')).buffer);
}

/**
 * The largest error in units of eps · sqrt(terms) · the largest finite magnitude, at least `floor`; NaN and infinities
 * have to be equal.
 */
function errorOf(actual: ArrayLike<number>, expected: Float32Array, terms: number, floor: number): number {
  expect(actual.length).toBe(expected.length);
  const scale = expected
    .filter(Number.isFinite)
    .reduce((max, value) => Math.max(max, Math.abs(value)), floor);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] === expected[i] || (Number.isNaN(actual[i]) && Number.isNaN(expected[i]))) continue;
    const error = Math.abs(actual[i]! - expected[i]!);
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  return worst === 0 ? 0 : worst / (EPS * Math.sqrt(terms) * scale);
}

function draw(generator: Generator, shape: number[], [from, to]: [number, number]): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  generator.uniform_(data, from, to);
  return fromTypedArray(data, shape);
}

for (const file of readdirSync(FOLDER)) {
  const { cases } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { cases: Case[] };
  describe(file.replace('.json', ''), () => {
    it.each(
      cases.map(
        (c, i) =>
          [
            `${i} ${c.op} ${c.inputs.map((x) => `[${x.shape}]`).join(' ')} ${JSON.stringify(c.options)}`,
            c,
          ] as const,
      ),
    )('%s', (_, { op, seed, inputs, range = [-1, 1], options, y, dtype, grads, terms, floor = [0, 0] }) => {
      const generator = new Generator(seed);
      const tensors = inputs.map(({ shape, integers, data, dtype: kind, frozen }): Tensor<DType> => {
        if (integers) return fromTypedArray(Int32Array.from(integers), shape).asType(kind ?? 'int32');
        const drawn =
          data === undefined ? draw(generator, shape, range) : fromTypedArray(decode({ data }), shape);
        drawn.requiresGrad = !frozen;
        return drawn;
      }) as Tensor[];
      const actual = call(op, tensors, options);
      expect(actual.shape).toEqual(y.shape);
      const values = (actual as Tensor<DType>).dtype === 'int64' ? actual.asType('float64') : actual;
      expect(errorOf(values.data, decode(y), terms[0]!, floor[0])).toBeLessThanOrEqual(4);
      if (dtype !== undefined) expect([actual.dtype, actual.requiresGrad]).toEqual([dtype, false]);
      if (actual.requiresGrad) actual.backward(draw(generator, y.shape, [-1, 1]));
      grads.forEach((grad, i) => {
        if (grad === null) expect(tensors[i]!.grad).toBeNull();
        else expect(errorOf(tensors[i]!.grad!, decode(grad), terms[1 + i]!, floor[1])).toBeLessThanOrEqual(4);
      });
    });
  });
}
