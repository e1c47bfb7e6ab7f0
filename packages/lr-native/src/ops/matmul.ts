import { checkShape } from '@org/lr-core';
import { addon } from '../addon.ts';
import { sizeOf } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastShape, broadcastStrides, sumTo } from './broadcast.ts';
import { checkTensor, result } from './op.ts';
import { forEachRow } from './strides.ts';

/** One matrix product for each index of the batch dimensions; batches of a and b broadcast to `batch`. */
interface Product {
  readonly batch: readonly number[];
  readonly aBatch: readonly number[];
  readonly bBatch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** c (batch, m, n) = op(a) (aBatch, m, k) · op(b) (bBatch, k, n); op transposes where asked: a is then stored (k, m). */
function multiply(
  { batch, aBatch, bBatch, m, n, k }: Product,
  transposeA: boolean,
  a: Float32Array,
  transposeB: boolean,
  b: Float32Array,
): Float32Array {
  const lda = transposeA ? m : k;
  const ldb = transposeB ? k : n;
  const c = acquire(sizeOf(batch) * m * n);
  // A b without batches meets every row of every matrix of a: one product, where a needs no transposing.
  if (!transposeA && sizeOf(bBatch) === 1) {
    const rows = sizeOf(batch) * m;
    if (a.length === rows * k) {
      addon.gemm(Int32Array.of(rows, n, k, lda, ldb, n, 0, transposeB ? 1 : 0, 0), a, b, c);
      return c;
    }
  }
  const shape = Int32Array.of(m, n, k, lda, ldb, n, transposeA ? 1 : 0, transposeB ? 1 : 0, 0);
  let at = 0;
  // The last dimension given to forEachRow is the row itself: here a row is one matrix.
  forEachRow(
    [...batch, 1],
    [...broadcastStrides(aBatch, batch), 0],
    [...broadcastStrides(bBatch, batch), 0],
    (i, j) => {
      addon.gemm(
        shape,
        a.subarray(i * m * k, (i + 1) * m * k),
        b.subarray(j * k * n, (j + 1) * k * n),
        c.subarray(at, at + m * n),
      );
      at += m * n;
    },
  );
  return c;
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
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkTensor('matmul', 'a', a);
  checkTensor('matmul', 'b', b);
  checkShape(a.ndim >= 1, 'matmul', 'a', 'of shape (…, m, k) or (k)', a.shape);
  checkShape(b.ndim >= 1, 'matmul', 'b', 'of shape (…, k, n) or (k)', b.shape);
  const [m, k] = a.ndim === 1 ? [1, a.shape[0]!] : (a.shape.slice(-2) as [number, number]);
  const [bk, n] = b.ndim === 1 ? [b.shape[0]!, 1] : (b.shape.slice(-2) as [number, number]);
  checkShape(
    k === bk,
    'matmul',
    'b',
    `of shape (…, ${k}, n) or (${k}), as a is [${a.shape.join(', ')}],`,
    b.shape,
  );
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = broadcastShape('matmul', aBatch, bBatch);

  const aData = a.data;
  const bData = b.data;
  const y = multiply({ batch, aBatch, bBatch, m, n, k }, false, aData, false, bData);
  const shape = [...batch, ...(a.ndim === 1 ? [] : [m]), ...(b.ndim === 1 ? [] : [n])];
  return result('matmul', [a, b], y, shape, (dy, needs) => {
    // da (batch, m, k) = dy · bᵀ and db (batch, k, n) = aᵀ · dy, then summed over what broadcasting repeated
    const da = needs[0]
      ? multiply({ batch, aBatch: batch, bBatch, m, n: k, k: n }, false, dy, true, bData)
      : null;
    const db = needs[1]
      ? multiply({ batch, aBatch, bBatch: batch, m: k, n, k: m }, true, aData, false, dy)
      : null;
    return [
      da && sumTo(da, [...batch, m, k], [...aBatch, m, k]),
      db && sumTo(db, [...batch, k, n], [...bBatch, k, n]),
    ];
  });
}
