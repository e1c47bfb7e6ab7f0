/** Sparse gradients: rows of dimension 0. */
import type { Parameter, SparseGrad } from './param.ts';
import { onCpu, rowLengthOf } from './storage.ts';

/** `grad` with its rows in ascending order and duplicates summed. */
export function coalesce(grad: SparseGrad, rowLength: number): SparseGrad {
  const indices = Int32Array.from(new Set(grad.indices)).sort();
  const position = new Map<number, number>();
  indices.forEach((row, i) => position.set(row, i));
  const values = new Float32Array(indices.length * rowLength);
  grad.indices.forEach((row, i) => {
    const to = position.get(row)! * rowLength;
    const from = i * rowLength;
    for (let j = 0; j < rowLength; j++) values[to + j] = values[to + j]! + grad.values[from + j]!;
  });
  return { indices, values };
}

/** The gradient of `param` with all its rows. */
export function densify(op: string, param: Parameter, grad: SparseGrad): Float32Array {
  const rowLength = rowLengthOf(param);
  const { indices, values } = coalesce(grad, rowLength);
  const dense = new Float32Array(onCpu(op, param.data).length);
  scatterRows(values, dense, indices, rowLength);
  return dense;
}

/** Rows `rows` of `source`, one after the other. */
export function gatherRows(source: Float32Array, rows: Int32Array, rowLength: number): Float32Array {
  const gathered = new Float32Array(rows.length * rowLength);
  rows.forEach((row, i) =>
    gathered.set(source.subarray(row * rowLength, (row + 1) * rowLength), i * rowLength),
  );
  return gathered;
}

/** Writes back what `gatherRows` read. */
export function scatterRows(
  gathered: Float32Array,
  target: Float32Array,
  rows: Int32Array,
  rowLength: number,
): void {
  rows.forEach((row, i) =>
    target.set(gathered.subarray(i * rowLength, (i + 1) * rowLength), row * rowLength),
  );
}
