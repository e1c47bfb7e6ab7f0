import { checkInteger, checkRange } from '@org/lr-core';
import type { IndexDType, RealDType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { checkIndices, takeRows } from './gather.ts';
import { checkNdim, checkTensor } from './op.ts';

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
export function embedding<D extends RealDType = 'float32'>(
  indices: Tensor<IndexDType>,
  weight: Tensor<D>,
  { paddingIdx }: EmbeddingOptions = {},
): Tensor<D> {
  checkTensor('embedding', 'indices', indices, ['int32', 'int64', 'uint8']);
  checkTensor('embedding', 'weight', weight);
  checkNdim('embedding', 'weight', weight, ['(numEmbeddings, embeddingDim)']);
  const [rows, width] = weight.shape as [number, number];
  const padding = checkPaddingIdx('embedding', paddingIdx, rows);
  const at = checkIndices('embedding', 'indices', indices, rows);
  const places = { outer: 1, length: rows, inner: width };
  return takeRows('embedding', weight, places, at, [...indices.shape, width], padding ?? -1);
}
