/**
 * What an optimizer needs to know of a parameter. lr-native's `Tensor` implements it; `Param` is the plain one.
 */
import { checkInteger, checkType, message, ShapeError } from './check.ts';
import { sizeOf } from './storage.ts';

/** Memory that lives on a device other than the CPU. */
export interface DeviceBuffer {
  readonly length: number;
  /** For instance `cuda:0`. */
  readonly device: string;
  toFloat32Array(): Float32Array;
  free(): void;
}

/** Device memory that can be made and written, as optimizers need it: @org/lr-native's DeviceArray is that. */
export interface WritableBuffer extends DeviceBuffer {
  /** Copies elements of the host. */
  set(values: Float32Array): void;
  /** Every element becomes `value`. */
  fill(value: number): this;
  /** A copy on the same device. */
  slice(): WritableBuffer;
  /** Zeros on the same device. */
  zeros(length: number): WritableBuffer;
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
  /** `false` for the result of an operation, which no optimizer takes. */
  readonly isLeaf?: boolean;
}

export interface ParamOptions {
  /** Default `true`. */
  requiresGrad?: boolean;
  /** Default none. */
  name?: string;
}

/**
 * A parameter without tensors or autograd: the caller writes `grad`.
 *
 * ```ts
 * const weight = new Param([1, 2, 3, 4], [2, 2]);
 * weight.grad = new Float32Array([0.1, 0.1, 0.1, 0.1]);
 * new SGD([weight], { lr: 0.1 }).step();
 * ```
 */
export class Param implements Parameter {
  readonly shape: readonly number[];
  data: Float32Array;
  grad: Float32Array | SparseGrad | null = null;
  requiresGrad: boolean;
  name?: string;

  /**
   * @param data row-major values; a `Float32Array` is taken as it is, anything else is copied
   * @param shape default `[data.length]`
   * @throws ArgumentError, ArgumentRangeError, ShapeError where the shape does not hold `data.length` values
   */
  constructor(data: ArrayLike<number>, shape?: readonly number[], options: ParamOptions = {}) {
    const isArrayLike = typeof data === 'object' && data !== null && Number.isInteger(data.length);
    checkType(isArrayLike, 'Param', 'data', 'an array of numbers', data);
    if (shape !== undefined) {
      checkType(Array.isArray(shape), 'Param', 'shape', 'an array of integers', shape);
      shape.forEach((size, i) => checkInteger('Param', `shape[${i}]`, size, 0));
      const count = sizeOf(shape);
      if (count !== data.length) {
        throw new ShapeError(
          message('Param', 'data', `${count} values for shape [${shape.join(', ')}]`, data.length),
        );
      }
    }
    this.data = data instanceof Float32Array ? data : Float32Array.from(data);
    this.shape = Object.freeze(shape === undefined ? [data.length] : [...shape]);
    this.requiresGrad = options.requiresGrad ?? true;
    if (options.name !== undefined) this.name = options.name;
  }
}
