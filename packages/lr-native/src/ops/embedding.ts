import { ArgumentRangeError, checkRange, checkInteger, message } from '@org/lr-core';
import type { IndexDType } from '../dtype.ts';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import { checkNdim, checkTensor, result } from './op.ts';

export interface EmbeddingOptions {
  /** The row of this index gets no gradient; from the end where negative. */
  paddingIdx?: number | null;
}

/** The row that `paddingIdx` names, or null. @throws ArgumentError, ArgumentRangeError */
export function checkPaddingIdx(op: string, paddingIdx: unknown, rows: number): number | null {
  if (paddingIdx == null) return null;
  checkInteger(op, 'paddingIdx', paddingIdx);
  const inside = paddingIdx >= -rows && paddingIdx < rows;
  checkRange(inside, op, 'paddingIdx', `an integer from ${-rows} to ${rows - 1}`, paddingIdx);
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/**
 * Rows of `weight` by index. As `torch.nn.functional.embedding`.
 *
 * @param indices (*), integers
 * @param weight (numEmbeddings, embeddingDim)
 * @returns (*, embeddingDim)
 * @throws ArgumentError, ArgumentRangeError for an index that is no row, ShapeError
 */
export function embedding(
  indices: Tensor<IndexDType>,
  weight: Tensor,
  { paddingIdx }: EmbeddingOptions = {},
): Tensor {
  checkTensor('embedding', 'indices', indices, ['int32', 'int64', 'uint8']);
  checkTensor('embedding', 'weight', weight);
  checkNdim('embedding', 'weight', weight, ['(numEmbeddings, embeddingDim)']);
  const [rows, width] = weight.shape as [number, number];
  const padding = checkPaddingIdx('embedding', paddingIdx, rows);
  const at = Int32Array.from(indices.data as ArrayLike<number | bigint>, (value, i) => {
    const index = Number(value);
    if (!(index >= 0 && index < rows)) {
      throw new ArgumentRangeError(
        message('embedding', `indices[${i}]`, `a row from 0 to ${rows - 1}`, index),
      );
    }
    return index;
  });
  const y = new Float32Array(at.length * width);
  at.forEach((row, i) => y.set(weight.data.subarray(row * width, (row + 1) * width), i * width));
  return result('embedding', [weight], y, [...indices.shape, width], (dy) => {
    const dw = acquire(rows * width).fill(0);
    at.forEach((row, i) => {
      if (row === padding) return;
      for (let c = 0; c < width; c++) dw[row * width + c]! += dy[i * width + c]!;
    });
    return [dw];
  });
}
