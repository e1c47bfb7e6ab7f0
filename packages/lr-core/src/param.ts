/**
 * What an optimizer needs to know of a parameter. lr-native's `Tensor` implements it; `Param` is the plain one.
 */

/** Memory that lives on a device other than the CPU. */
export interface DeviceBuffer {
  readonly length: number;
  /** For instance `cuda:0`. */
  readonly device: string;
  toFloat32Array(): Float32Array;
  free(): void;
}

export type Storage = Float32Array | DeviceBuffer;

/** Rows of dimension 0 of a gradient: row `indices[i]` is `values[i * rowLength …]`. Duplicate rows are summed. */
export interface SparseGrad {
  indices: Int32Array;
  values: Float32Array;
}

export interface Parameter {
  readonly shape: readonly number[];
  data: Storage;
  grad: Storage | SparseGrad | null;
  requiresGrad: boolean;
  name?: string;
}
