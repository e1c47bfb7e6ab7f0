/**
 * Tensors: a shape, the elements in row-major order in a typed array that JavaScript owns, or on a device in a DeviceArray,
 * and the gradient. There is nothing that has to be disposed of. What the methods compute is in ops/, one file a family; how gradients flow is in autograd.ts.
 */
import { ArgumentError, StateError, checkBoolean, checkShape, checkType } from '@org/lr-core';
import { runBackward } from './autograd.ts';
import type { GradientHook, Node, Root } from './autograd.ts';
import { checkDevice, defaultDevice, DeviceError, isDefaultDevice } from './device.ts';
import type { Device } from './device.ts';
import { deviceOf, hostOf, onDevice } from './device-array.ts';
import { ARRAY_TYPES, DTYPES, convert, dtypeOf, sizeOf } from './dtype.ts';
import type { ArrayOf, DType, DTypeOf, RealArray, RealDType } from './dtype.ts';
import { format } from './format.ts';
import { accumulatedHook, gradientHook } from './hooks.ts';
import type { RemovableHandle, TensorHook } from './hooks.ts';
import * as inPlace from './ops/in-place.ts';
import * as ops from './ops/index.ts';
import { checkOneDevice } from './ops/op.ts';
import { toDevice } from './ops/to-device.ts';
import { TensorOps } from './tensor-ops.ts';

/** A number, or arrays of equal lengths nested to any depth: what `toArray()` returns and `tensor()` takes. */
export type Nested<T = number> = T | readonly Nested<T>[];

/** Another tensor of a shape that broadcasts with this one's, or a number. */
export type Operand = Tensor | number;

export interface BackwardOptions {
  /** Keep the graph, for another backward pass through it; default false. */
  retainGraph?: boolean;
  /** The tensors whose `grad` is to grow; default every leaf that this tensor was computed from. */
  inputs?: readonly Tensor<DType>[];
}

/** A tensor as plain data, as JSON.stringify writes it: what JSON has no number for (NaN, infinities, -0) is a string. */
export interface TensorJson {
  dtype: DType;
  shape: readonly number[];
  data: (number | string)[];
}

/**
 * A multi-dimensional array of one element type. `Tensor` alone is float32 and implements lr-core's `Parameter`, so
 * optimizers take it.
 *
 * `tensor()` makes one by copying; the constructor takes `data` over as it is.
 */
export class Tensor<D extends DType = 'float32'> extends TensorOps<D> {
  readonly shape: readonly number[];
  readonly dtype: D;
  /**
   * The elements, row-major: live, and replaceable by another array of the same type and length. On a device this is a
   * DeviceArray, whose elements are read by toArray(), item() or toFloat32Array().
   */
  data: ArrayOf[D];
  /** The op that made this tensor, where a gradient is to flow through it; null for a leaf. */
  gradFn: Node | null = null;
  name?: string;
  /** What registerHook and registerPostAccumulateGradHook have added to a leaf. */
  hooks: GradientHook[] | null = null;
  accumulated: (() => void)[] | null = null;

  private gradient: ArrayOf[D] | null = null;
  private wantsGrad = false;

  /**
   * @param dtype default: that of `data`; `bool` makes booleans of a Uint8Array of 0 and 1
   * @throws ArgumentError, ShapeError unless `data` has as many elements as `shape` says
   */
  constructor(data: ArrayOf[D], shape: readonly number[] = [data.length], dtype?: D) {
    super();
    const held = dtypeOf(data);
    checkType(held !== undefined, 'Tensor', 'data', `a typed array (${DTYPES.join(', ')})`, data);
    const fits = dtype === undefined || dtype === held || (dtype === 'bool' && held === 'uint8');
    checkType(fits, 'Tensor', 'data', `an array of ${dtype}`, data);
    checkDimensions('Tensor', shape);
    checkShape(sizeOf(shape) === data.length, 'Tensor', 'shape', `one of ${data.length} elements`, shape);
    this.shape = shape;
    this.dtype = dtype ?? (held as D);
    this.data = data;
  }

  /** Where the elements are: `cpu`, `cuda:0`. */
  get device(): Device {
    return deviceOf(this.data);
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** Whether no op made this tensor. */
  get isLeaf(): boolean {
    return this.gradFn === null;
  }

  /**
   * Whether backward passes compute the gradient of this tensor. Assignable on leaves.
   *
   * @throws ArgumentError where the element type has no gradient, StateError where an op made the tensor
   */
  get requiresGrad(): boolean {
    return this.wantsGrad;
  }

  set requiresGrad(value: boolean) {
    checkBoolean('Tensor', 'requiresGrad', value);
    if (value && this.dtype !== 'float32' && this.dtype !== 'float64') {
      throw new ArgumentError(
        `[Tensor] expected requiresGrad to be false where dtype is ${this.dtype} but received true`,
      );
    }
    if (!value && this.gradFn !== null) {
      throw new StateError(
        `[Tensor] expected requiresGrad to stay true on the result of ${this.gradFn.op} but received false; detach() gives one without`,
      );
    }
    this.wantsGrad = value;
  }

  /**
   * The gradient that backward passes have added up, or null. Assignable: an array of the type and length of `data`, or
   * null. On a device it is a DeviceArray there; an array of the host is copied.
   *
   * @throws ArgumentError, ShapeError, DeviceError for an array of another device
   */
  get grad(): ArrayOf[D] | null {
    return this.gradient;
  }

  set grad(value: ArrayOf[D] | null) {
    if (value !== null) {
      const { name } = ARRAY_TYPES[this.dtype];
      checkType(dtypeOf(value) === dtypeOf(this.data), 'Tensor', 'grad', `a ${name} or null`, value);
      checkShape(
        value.length === this.data.length,
        'Tensor',
        'grad',
        `of ${this.data.length} elements`,
        value,
      );
      const [from, to] = [deviceOf(value), this.device];
      if (from !== to) {
        if (from !== 'cpu')
          throw new DeviceError(`[Tensor] expected grad to be on ${to} but received one on ${from}`);
        value = onDevice(to, this.dtype, value);
      }
    }
    this.gradient = value;
  }

  /**
   * Adds the gradient of this tensor to the `grad` of every leaf it was computed from, and frees the graph.
   *
   * @param gradient of this tensor's shape; may be left out where this tensor has one element, and is 1 then
   * @throws StateError where this tensor requires no gradient, its graph is freed already, a value that the graph needs
   *   has been changed in place, or `gradient` is missing; ShapeError. No `grad` has changed then.
   */
  backward(gradient?: Tensor<D>, options: BackwardOptions = {}): void {
    const { retainGraph = false, inputs = null } = options;
    if (inputs !== null) checkInputs('backward', inputs);
    runBackward([rootOf('backward', this, gradient ?? null)], retainGraph, inputs);
  }

  /** Has backward passes keep the gradient of this result of an op in its `grad`. Leaves always do. */
  retainGrad(): void {
    if (!this.wantsGrad)
      throw new StateError('[retainGrad] expected a tensor that requires a gradient but this one does not');
    if (this.gradFn !== null) this.gradFn.retained = this;
  }

  /**
   * Calls `hook` with the gradient of this tensor whenever a backward pass has computed it, before it goes on; a tensor
   * that the hook returns goes on in its place. As `torch.Tensor.register_hook`.
   *
   * @throws StateError where this tensor requires no gradient
   */
  registerHook(hook: TensorHook<D>): RemovableHandle {
    return gradientHook(this, hook);
  }

  /**
   * Calls `hook` with this leaf whenever a backward pass has added to its `grad`.
   * As `torch.Tensor.register_post_accumulate_grad_hook`.
   *
   * @throws StateError unless this is a leaf that requires a gradient
   */
  registerPostAccumulateGradHook(hook: (leaf: Tensor<D>) => void): RemovableHandle {
    return accumulatedHook(this, hook);
  }

  /** The only element. @throws ShapeError where there is not exactly one */
  item(): number {
    checkShape(this.data.length === 1, 'item', 'the tensor', 'of one element', this.shape);
    return Number(hostOf(this.data)[0]);
  }

  /** Iterates over the tensors along the first dimension, as unbind gives them. A scalar is not iterable. */
  get [Symbol.iterator](): () => Iterator<Tensor<D>> {
    // Undefined for a scalar, as iterating takes it: its type says what all others are.
    if (this.shape.length === 0) return undefined as unknown as () => Iterator<Tensor<D>>;
    return () => ops.unbind(this as Tensor<D>)[Symbol.iterator]();
  }

  /** The elements as nested arrays of this shape; a number for a scalar. */
  toArray(): Nested {
    const { shape } = this;
    const data = hostOf(this.data);
    let offset = 0;
    const build = (dim: number): Nested => {
      if (dim === shape.length) return Number(data[offset++]);
      return Array.from({ length: shape[dim]! }, () => build(dim + 1));
    };
    return build(0);
  }

  /** The same elements, not a copy, as a leaf that requires no gradient. */
  detach(): Tensor<D> {
    return new Tensor(this.data, this.shape, this.dtype);
  }

  /** A copy of the elements, as a leaf that requires no gradient. */
  copy(): Tensor<D> {
    return new Tensor(this.data.slice() as ArrayOf[D], this.shape, this.dtype);
  }

  /**
   * This tensor on a device, or of an element type (as asType): itself where it is there already. The gradient goes back to
   * where this is.
   *
   * @throws ArgumentError, DeviceError for a device that this machine does not have
   */
  to<E extends DType>(dtype: E): Tensor<E>;
  to(device: Device): Tensor<D>;
  to(place: Device | DType): Tensor<DType> {
    if (DTYPES.includes(place as DType)) return this.asType(place as DType);
    return toDevice(this, checkDevice('to', place));
  }

  /** This tensor on the CPU: itself where it is there. As `to('cpu')`. */
  cpu(): Tensor<D> {
    return this.to('cpu');
  }

  /**
   * The elements converted to another type; this tensor where it has that type. Between float32 and float64 the gradient
   * is converted back. Towards integers fractions are cut off; as a boolean what is not 0 is true.
   *
   * @throws ArgumentError
   */
  asType<E extends DType>(dtype: E): Tensor<E> {
    checkType(DTYPES.includes(dtype), 'asType', 'dtype', `one of ${DTYPES.join(', ')}`, dtype);
    if ((this.dtype as DType) === dtype) return this as unknown as Tensor<E>;
    return ops.asType(this, dtype);
  }

  /** As float32. */
  float(): Tensor {
    return this.asType('float32');
  }

  /** As float64. */
  double(): Tensor<'float64'> {
    return this.asType('float64');
  }

  /** As int32. */
  int(): Tensor<'int32'> {
    return this.asType('int32');
  }

  /** As int64. */
  long(): Tensor<'int64'> {
    return this.asType('int64');
  }

  /** As booleans: true where an element is not 0. */
  bool(): Tensor<'bool'> {
    return this.asType('bool');
  }

  toJSON(): TensorJson {
    const data = Array.from(hostOf(this.data) as ArrayLike<number | bigint>, (value) =>
      Object.is(value, -0) ? '-0' : Number.isFinite(value) ? (value as number) : String(value),
    );
    return { dtype: this.dtype, shape: this.shape, data };
  }

  override toString(): string {
    const about = [`shape: [${this.shape.join(', ')}]`, `dtype: ${this.dtype}`];
    if (!isDefaultDevice(this.device)) about.push(`device: ${this.device}`);
    if (this.gradFn !== null) about.push(`gradFn: ${this.gradFn.op}`);
    else if (this.wantsGrad) about.push('requiresGrad: true');
    return `tensor(${format(hostOf(this.data), this.shape, this.dtype, 'tensor('.length)}, ${about.join(', ')})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  // Ops as methods, beside those of tensor-ops.ts: see the function of the same name in ops/.

  matmul(this: Tensor, other: Tensor): Tensor {
    return ops.matmul(this, other);
  }

  sum<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce): Tensor<E> {
    return ops.sum(this, options);
  }

  mean<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce): Tensor<E> {
    return ops.mean(this, options);
  }

  prod<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce): Tensor<E> {
    return ops.prod(this, options);
  }

  amax<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce): Tensor<E> {
    return ops.amax(this, options);
  }

  amin<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce): Tensor<E> {
    return ops.amin(this, options);
  }

  max<E extends RealDType>(this: Tensor<E>): Tensor<E>;
  max<E extends RealDType>(this: Tensor<E>, options: number | ops.AxisOptions): ops.ValuesAndIndices<E>;
  max<E extends RealDType>(
    this: Tensor<E>,
    options?: number | ops.AxisOptions,
  ): Tensor<E> | ops.ValuesAndIndices<E> {
    return options === undefined ? ops.max(this) : ops.max(this, options);
  }

  min<E extends RealDType>(this: Tensor<E>): Tensor<E>;
  min<E extends RealDType>(this: Tensor<E>, options: number | ops.AxisOptions): ops.ValuesAndIndices<E>;
  min<E extends RealDType>(
    this: Tensor<E>,
    options?: number | ops.AxisOptions,
  ): Tensor<E> | ops.ValuesAndIndices<E> {
    return options === undefined ? ops.min(this) : ops.min(this, options);
  }

  argmax<E extends RealDType>(this: Tensor<E>, options?: number | ops.ArgOptions): Tensor<'int32'> {
    return ops.argmax(this, options);
  }

  argmin<E extends RealDType>(this: Tensor<E>, options?: number | ops.ArgOptions): Tensor<'int32'> {
    return ops.argmin(this, options);
  }

  var<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce<ops.VarianceOptions>): Tensor<E> {
    return ops.variance(this, options);
  }

  std<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce<ops.VarianceOptions>): Tensor<E> {
    return ops.std(this, options);
  }

  logsumexp<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce): Tensor<E> {
    return ops.logsumexp(this, options);
  }

  norm<E extends RealDType>(this: Tensor<E>, options?: ops.Reduce<ops.NormOptions>): Tensor<E> {
    return ops.norm(this, options);
  }

  cumsum<E extends RealDType>(this: Tensor<E>, options: number | { dim: number }): Tensor<E> {
    return ops.cumsum(this, options);
  }

  sort<E extends RealDType>(this: Tensor<E>, options?: number | ops.SortOptions): ops.ValuesAndIndices<E> {
    return ops.sort(this, options);
  }

  argsort<E extends RealDType>(this: Tensor<E>, options?: number | ops.SortOptions): Tensor<'int32'> {
    return ops.argsort(this, options);
  }

  topk<E extends RealDType>(this: Tensor<E>, k: number, options?: ops.TopkOptions): ops.ValuesAndIndices<E> {
    return ops.topk(this, k, options);
  }

  kthvalue<E extends RealDType>(
    this: Tensor<E>,
    k: number,
    options?: ops.KthvalueOptions,
  ): ops.ValuesAndIndices<E> {
    return ops.kthvalue(this, k, options);
  }

  median<E extends RealDType>(this: Tensor<E>): Tensor<E>;
  median<E extends RealDType>(this: Tensor<E>, options: number | ops.AxisOptions): ops.ValuesAndIndices<E>;
  median<E extends RealDType>(
    this: Tensor<E>,
    options?: number | ops.AxisOptions,
  ): Tensor<E> | ops.ValuesAndIndices<E> {
    return options === undefined ? ops.median(this) : ops.median(this, options);
  }

  all(options?: ops.Reduce): Tensor<'bool'> {
    return ops.all(this, options);
  }

  any(options?: ops.Reduce): Tensor<'bool'> {
    return ops.any(this, options);
  }

  softmax<E extends RealDType>(this: Tensor<E>, options: ops.SoftmaxOptions): Tensor<E> {
    return ops.softmax(this, options);
  }

  logSoftmax<E extends RealDType>(this: Tensor<E>, options: ops.SoftmaxOptions): Tensor<E> {
    return ops.logSoftmax(this, options);
  }

  // In place, for what no gradient is recorded of: see ops/in-place.ts.

  add_(this: Tensor, other: Operand): Tensor {
    return inPlace.add_(this, other);
  }

  sub_(this: Tensor, other: Operand): Tensor {
    return inPlace.sub_(this, other);
  }

  mul_(this: Tensor, other: Operand): Tensor {
    return inPlace.mul_(this, other);
  }

  div_(this: Tensor, other: Operand): Tensor {
    return inPlace.div_(this, other);
  }

  fill_(value: number): this {
    return inPlace.fill_(this, value);
  }

  zero_(): this {
    return inPlace.zero_(this);
  }

  copy_(source: Tensor<DType>): this {
    return inPlace.copy_(this, source);
  }
}

/** @throws ArgumentError unless `inputs` are tensors that require gradients */
export function checkInputs(op: string, inputs: readonly Tensor<DType>[]): void {
  const isList = Array.isArray(inputs) && inputs.length > 0;
  checkType(isList, op, 'inputs', 'an array of at least one Tensor', inputs);
  inputs.forEach((x, i) => {
    checkType(x instanceof Tensor, op, `inputs[${i}]`, 'a Tensor', x);
    if (!x.requiresGrad) {
      throw new StateError(`[${op}] expected inputs[${i}] to require a gradient but it does not`);
    }
  });
}

/**
 * Where a backward pass begins: a tensor and its gradient, 1 where that may be left out.
 *
 * @throws StateError, ArgumentError, ShapeError
 */
export function rootOf(op: string, tensor: Tensor<DType>, gradient: Tensor<DType> | null): Root {
  if (!tensor.requiresGrad) {
    throw new StateError(`[${op}] expected a tensor that requires a gradient but this one does not`);
  }
  if (gradient === null) {
    if (tensor.data.length !== 1) {
      throw new StateError(
        `[${op}] expected a gradient for a tensor of shape [${tensor.shape.join(', ')}] but received none; only one of one element can do without`,
      );
    }
    const one = convert([1], tensor.dtype);
    return { tensor, gradient: onDevice(tensor.device, tensor.dtype, one) as RealArray };
  }
  const isLike = gradient instanceof Tensor && gradient.dtype === tensor.dtype;
  checkType(isLike, op, 'gradient', `a ${tensor.dtype} Tensor`, gradient);
  const fits = sameShape(gradient.shape, tensor.shape);
  checkShape(fits, op, 'gradient.shape', `[${tensor.shape.join(', ')}]`, gradient.shape);
  checkOneDevice(op, [tensor, gradient]);
  return { tensor, gradient: gradient.data as RealArray };
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

/** @throws ShapeError unless `shape` is an array of integers >= 0 */
export function checkDimensions(op: string, shape: readonly number[]): void {
  const ok = Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  checkShape(ok, op, 'shape', 'an array of integers >= 0', shape);
}

export interface TensorOptions<D extends DType> {
  /** Default: that of the nested arrays; one dimension for a typed array. */
  shape?: readonly number[];
  /** Default false. */
  requiresGrad?: boolean;
  /** Default: LR_DEVICE, else `cpu`. */
  device?: Device;
  /** Default: that of a typed array, float32 for numbers. */
  dtype?: D;
}

/**
 * A tensor with a copy of `values`, as `torch.tensor`. Numbers become float32; an Int32Array or BigInt64Array becomes an
 * integer tensor, for class indices and embeddings.
 *
 * @example tensor([[1, 2], [3, 4]], { requiresGrad: true })
 * @throws ArgumentError for values that are neither numbers nor arrays of them, ShapeError where nested arrays have
 *   different lengths or `shape` does not fit, DeviceError
 */
export function tensor<A extends ArrayOf[DType]>(
  values: A,
  options?: TensorOptions<DTypeOf<A>>,
): Tensor<DTypeOf<A>>;
export function tensor<D extends DType = 'float32'>(
  values: ArrayOf[DType] | Nested,
  options?: TensorOptions<D>,
): Tensor<D>;
export function tensor<D extends DType>(
  values: ArrayOf[DType] | Nested,
  options: TensorOptions<D> = {},
): Tensor<D> {
  const device = checkDevice('tensor', options.device ?? defaultDevice());
  const { flat, shape } = flatten(values);
  const dtype = options.dtype ?? dtypeOf(values) ?? 'float32';
  checkType(DTYPES.includes(dtype), 'tensor', 'dtype', `one of ${DTYPES.join(', ')}`, dtype);
  if (options.shape !== undefined) {
    checkDimensions('tensor', options.shape);
    const expectation = `one of ${flat.length} elements`;
    checkShape(sizeOf(options.shape) === flat.length, 'tensor', 'shape', expectation, options.shape);
  }
  const data = onDevice(device, dtype, convert(flat, dtype as D));
  const result = new Tensor(data, [...(options.shape ?? shape)], dtype as D);
  if (options.requiresGrad !== undefined) result.requiresGrad = options.requiresGrad;
  return result;
}

/**
 * A tensor over `data` itself, without a copy, as `torch.from_numpy`.
 *
 * @param shape default: one dimension
 * @throws ArgumentError, ShapeError
 */
export function fromTypedArray<A extends ArrayOf[DType]>(
  data: A,
  shape?: readonly number[],
): Tensor<DTypeOf<A>> {
  return new Tensor(data as unknown as ArrayOf[DTypeOf<A>], shape);
}

function flatten(values: unknown): { flat: ArrayLike<number | bigint>; shape: readonly number[] } {
  if (dtypeOf(values) !== undefined) {
    const flat = hostOf(values as ArrayOf[DType]);
    return { flat, shape: [flat.length] };
  }
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) shape.push(level.length);
  const flat: number[] = [];
  const walk = (value: unknown, dim: number): void => {
    if (dim === shape.length) {
      checkType(
        typeof value === 'number',
        'tensor',
        'values',
        'numbers, nested arrays of them or a typed array',
        value,
      );
      flat.push(value as number);
      return;
    }
    const fits = Array.isArray(value) && value.length === shape[dim];
    checkShape(fits, 'tensor', 'values', `arrays of ${shape[dim]} items in dimension ${dim}`, value);
    for (const item of value as unknown[]) walk(item, dim + 1);
  };
  walk(values, 0);
  return { flat, shape };
}
