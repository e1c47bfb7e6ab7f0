/** Matrix products: matmul with its batches, and PyTorch's names for products of a given number of dimensions. */
import { checkNumber, checkShape } from '@org/lr-core';
import { addon } from '../addon.ts';
import { sizeOf, uninitializedLike } from '../dtype.ts';
import type { RealArray, RealDType } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { broadcastShape, broadcastStrides } from './broadcast.ts';
import { checkNdim, checkTensor, checkTensorLike, result } from './op.ts';
import { reshape } from './reshape.ts';
import { fill } from './strided.ts';

/** Matrices of some rows and columns, for every index of the batch dimensions; `transposed`: stored columns first. */
interface Matrices<A extends RealArray> {
  readonly data: A;
  readonly batch: readonly number[];
  readonly transposed?: boolean;
}

/** The batch dimensions that three operands walk in steps of whole matrices, merged where all of them agree. */
interface Batches {
  readonly lengths: readonly number[];
  readonly steps: readonly (readonly [a: number, b: number, c: number])[];
}

function mergeBatches(batch: readonly number[], ...operands: (readonly number[])[]): Batches {
  const strides = operands.map((from) => broadcastStrides(from, batch));
  const lengths: number[] = [];
  const steps: [number, number, number][] = [];
  batch.forEach((length, d) => {
    if (length === 1) return;
    const step = strides.map((s) => s[d]!) as [number, number, number];
    const last = steps.at(-1);
    if (last?.every((value, i) => value === step[i]! * length) === true) {
      lengths[lengths.length - 1]! *= length;
      steps[steps.length - 1] = step;
    } else {
      lengths.push(length);
      steps.push(step);
    }
  });
  while (lengths.length < 2) {
    lengths.unshift(1);
    steps.unshift([0, 0, 0]);
  }
  return { lengths, steps };
}

/**
 * c (m, n) = a (m, k) · b (k, n) for every index of `batch`, to which all three broadcast; what falls on one matrix of c
 * is summed.
 */
function multiply<A extends RealArray>(
  c: A,
  cBatch: readonly number[],
  batch: readonly number[],
  [m, n, k]: readonly [number, number, number],
  a: Matrices<A>,
  b: Matrices<A>,
): A {
  const transposes = [a.transposed ? 1 : 0, b.transposed ? 1 : 0] as const;
  // A b without batches meets every row of every matrix of a: one product, where a needs no transposing.
  if (transposes[0] === 0 && sizeOf(b.batch) === 1 && a.data.length === (c.length / n) * k) {
    const rows = c.length / n;
    addon.gemm(
      Int32Array.of(rows, n, k, k, transposes[1] ? k : n, n, 0, transposes[1], 0),
      a.data,
      b.data,
      c,
    );
    return c;
  }
  // And its gradient is one product, whose sum runs over those rows.
  if (
    transposes[0] === 1 &&
    transposes[1] === 0 &&
    sizeOf(cBatch) === 1 &&
    a.data.length === sizeOf(batch) * m * k &&
    b.data.length === sizeOf(batch) * k * n
  ) {
    addon.gemm(Int32Array.of(m, n, sizeOf(batch) * k, m, n, n, 1, 0, 0), a.data, b.data, c);
    return c;
  }
  const { lengths, steps } = mergeBatches(batch, a.batch, b.batch, cBatch);
  const [outer, inner] = steps.slice(-2) as [(typeof steps)[0], (typeof steps)[0]];
  const geometry = Int32Array.of(
    m, n, k, ...transposes, 0, ...lengths.slice(-2), outer[0], inner[0], outer[1], inner[1], outer[2], inner[2],
  ); // prettier-ignore
  const above = lengths.slice(0, -2);
  const sums = above.some((_, d) => steps[d]![2] === 0);
  if (sums) {
    fill(c, 0);
    geometry[5] = 1;
  }
  const sizes = [m * k, k * n, m * n];
  const spans = [0, 1, 2].map(
    (i) => ((lengths.at(-2)! - 1) * outer[i]! + (lengths.at(-1)! - 1) * inner[i]! + 1) * sizes[i]!,
  );
  const count = sizeOf(above);
  for (let index = 0; index < count; index++) {
    const at = [0, 0, 0];
    for (let d = above.length - 1, rest = index; d >= 0; d--) {
      const position = rest % above[d]!;
      rest = (rest - position) / above[d]!;
      for (let i = 0; i < 3; i++) at[i]! += position * steps[d]![i]! * sizes[i]!;
    }
    const [ai, bi, ci] = at as [number, number, number];
    addon.gemmBatch(
      geometry,
      a.data.subarray(ai, ai + spans[0]!),
      b.data.subarray(bi, bi + spans[1]!),
      c.subarray(ci, ci + spans[2]!),
    );
  }
  return c;
}

/** The product of checked operands, of at least two dimensions each. */
function product<D extends RealDType>(
  op: string,
  a: Tensor<D>,
  b: Tensor<D>,
  shape: readonly number[],
  vectors: readonly [boolean, boolean],
): Tensor<D> {
  const [m, k] = vectors[0] ? [1, a.shape[0]!] : (a.shape.slice(-2) as [number, number]);
  const n = vectors[1] ? 1 : b.shape.at(-1)!;
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcastShape(op, aBatch, bBatch);
  const [aData, bData]: RealArray[] = [a.data, b.data];
  const left = { data: aData!, batch: aBatch };
  const right = { data: bData!, batch: bBatch };
  const y = uninitializedLike(aData!, sizeOf(batch) * m * n);
  multiply(y, batch, batch, [m, n, k], left, right);
  return result(op, [a, b], y as Tensor<D>['data'], shape, (dy, needs) => {
    const gradient: Matrices<RealArray> = { data: dy, batch };
    // da (m, k) = dy · bᵀ and db (k, n) = aᵀ · dy
    const da = needs[0] ? acquire(aData!.length, aData!) : null;
    const db = needs[1] ? acquire(bData!.length, bData!) : null;
    if (da !== null) multiply(da, aBatch, batch, [m, k, n], gradient, { ...right, transposed: true });
    if (db !== null) multiply(db, bBatch, batch, [k, n, m], { ...left, transposed: true }, gradient);
    return [da, db] as (Tensor<D>['data'] | null)[];
  });
}

/** @throws ArgumentError */
function checkOperands<D extends RealDType>(
  op: string,
  a: Tensor<D>,
  b: Tensor<D>,
  names: readonly [string, string],
): void {
  checkTensor(op, names[0], a);
  checkTensorLike(op, names[1], b, a);
}

/**
 * The matrix product. A vector on the left is a row, on the right a column; more than two dimensions are batches of
 * matrices, which broadcast. As `torch.matmul`.
 *
 * @param a (…, m, k) or (k)
 * @param b (…, k, n) or (k)
 * @returns (…, m, n), without the dimension of a vector
 * @throws ArgumentError, ShapeError
 */
export function matmul<D extends RealDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  checkOperands('matmul', a, b, ['a', 'b']);
  checkShape(a.ndim >= 1, 'matmul', 'a', 'of shape (…, m, k) or (k)', a.shape);
  checkShape(b.ndim >= 1, 'matmul', 'b', 'of shape (…, k, n) or (k)', b.shape);
  const k = a.shape.at(-1)!;
  const fits = k === b.shape.at(b.ndim === 1 ? -1 : -2);
  checkShape(
    fits,
    'matmul',
    'b',
    `of shape (…, ${k}, n) or (${k}), as a is [${a.shape.join(', ')}],`,
    b.shape,
  );
  const batch = broadcastShape('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [
    ...batch,
    ...(a.ndim === 1 ? [] : [a.shape.at(-2)!]),
    ...(b.ndim === 1 ? [] : [b.shape.at(-1)!]),
  ];
  return product('matmul', a, b, shape, [a.ndim === 1, b.ndim === 1]);
}

/** a · b of operands of the given layouts, whose equal dimensions have equal names. */
function strict<D extends RealDType>(
  op: string,
  names: readonly [string, string],
  layouts: readonly [string, string],
  a: Tensor<D>,
  b: Tensor<D>,
): Tensor<D> {
  checkOperands(op, a, b, names);
  checkNdim(op, names[0], a, [layouts[0]]);
  checkNdim(op, names[1], b, [layouts[1]]);
  const lengths = new Map<string, number>();
  const dims = (layout: string): string[] => layout.replace(/[()]/g, '').split(', ');
  dims(layouts[0]).forEach((dim, d) => lengths.set(dim, a.shape[d]!));
  const expected = dims(layouts[1]).map((dim) => String(lengths.get(dim) ?? dim));
  const fits = expected.every((length, d) => Number.isNaN(Number(length)) || Number(length) === b.shape[d]);
  const given = `of shape [${expected.join(', ')}], as ${names[0]} is [${a.shape.join(', ')}],`;
  checkShape(fits, op, names[1], given, b.shape);
  return matmul(a, b);
}

/** The product of two matrices, (m, k) · (k, n). As `torch.mm`. @throws ArgumentError, ShapeError */
export function mm<D extends RealDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  return strict('mm', ['a', 'b'], ['(m, k)', '(k, n)'], a, b);
}

/** The products of two batches of matrices, (N, m, k) · (N, k, n). As `torch.bmm`. @throws ArgumentError, ShapeError */
export function bmm<D extends RealDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  return strict('bmm', ['a', 'b'], ['(N, m, k)', '(N, k, n)'], a, b);
}

/** The product of a matrix and a vector, (m, k) · (k). As `torch.mv`. @throws ArgumentError, ShapeError */
export function mv<D extends RealDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  return strict('mv', ['a', 'b'], ['(m, k)', '(k)'], a, b);
}

/** The sum of the products of the elements of two vectors. As `torch.dot`. @throws ArgumentError, ShapeError */
export function dot<D extends RealDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  return strict('dot', ['a', 'b'], ['(k)', '(k)'], a, b);
}

/** (m, n): the products of every element of a (m) with every one of b (n). As `torch.outer`. @throws ArgumentError, ShapeError */
export function outer<D extends RealDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  checkOperands('outer', a, b, ['a', 'b']);
  checkNdim('outer', 'a', a, ['(m)']);
  checkNdim('outer', 'b', b, ['(n)']);
  return matmul(reshape(a, [-1, 1]), reshape(b, [1, -1]));
}

export interface AddmmOptions {
  /** Factor of the input; default 1. */
  beta?: number;
  /** Factor of the product; default 1. */
  alpha?: number;
}

function addProduct<D extends RealDType>(
  op: string,
  input: Tensor<D>,
  y: Tensor<D>,
  { beta = 1, alpha = 1 }: AddmmOptions,
): Tensor<D> {
  checkTensorLike(op, 'input', input, y);
  checkNumber(op, 'beta', beta);
  checkNumber(op, 'alpha', alpha);
  const shape = broadcastShape(op, input.shape, y.shape);
  const fits = shape.length === y.ndim && shape.every((length, d) => length === y.shape[d]);
  checkShape(fits, op, 'input', `of a shape that broadcasts to [${y.shape.join(', ')}]`, input.shape);
  return add(beta === 1 ? input : mul(input, beta), alpha === 1 ? y : mul(y, alpha));
}

/** beta · input + alpha · a · b, with an input that broadcasts. As `torch.addmm`. @throws ArgumentError, ShapeError */
export function addmm<D extends RealDType>(
  input: Tensor<D>,
  a: Tensor<D>,
  b: Tensor<D>,
  options: AddmmOptions = {},
): Tensor<D> {
  return addProduct('addmm', input, strict('addmm', ['a', 'b'], ['(m, k)', '(k, n)'], a, b), options);
}

/** beta · input + alpha · a · b of batches. As `torch.baddbmm`. @throws ArgumentError, ShapeError */
export function baddbmm<D extends RealDType>(
  input: Tensor<D>,
  a: Tensor<D>,
  b: Tensor<D>,
  options: AddmmOptions = {},
): Tensor<D> {
  const y = strict('baddbmm', ['a', 'b'], ['(N, m, k)', '(N, k, n)'], a, b);
  return addProduct('baddbmm', input, y, options);
}
