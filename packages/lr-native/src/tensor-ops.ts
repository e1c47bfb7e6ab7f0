/**
 * Ops as methods: each is the function of the same name in ops/ with this tensor first, and its docstring is there. To add
 * one: its line here.
 */
import type { DType, IndexDType, IntegerDType, RealDType } from './dtype.ts';
import * as ops from './ops/index.ts';
import type { Tensor } from './tensor.ts';

/** A tensor of the element type, or a number. */
type Operand<D extends DType> = Tensor<D> | number;

/** What Tensor has from ops/. */
export abstract class TensorOps<D extends DType> {
  private get self(): Tensor<D> {
    return this as unknown as Tensor<D>;
  }

  exp<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.exp(this);
  }

  exp2<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.exp2(this);
  }

  expm1<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.expm1(this);
  }

  log<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.log(this);
  }

  log2<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.log2(this);
  }

  log10<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.log10(this);
  }

  log1p<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.log1p(this);
  }

  sqrt<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.sqrt(this);
  }

  rsqrt<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.rsqrt(this);
  }

  square<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.square(this);
  }

  reciprocal<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.reciprocal(this);
  }

  abs<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.abs(this);
  }

  neg<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.neg(this);
  }

  sign<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.sign(this);
  }

  sin<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.sin(this);
  }

  cos<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.cos(this);
  }

  tan<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.tan(this);
  }

  asin<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.asin(this);
  }

  acos<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.acos(this);
  }

  atan<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.atan(this);
  }

  sinh<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.sinh(this);
  }

  cosh<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.cosh(this);
  }

  tanh<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.tanh(this);
  }

  floor<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.floor(this);
  }

  ceil<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.ceil(this);
  }

  round<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.round(this);
  }

  trunc<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.trunc(this);
  }

  erf<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.erf(this);
  }

  erfc<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.erfc(this);
  }

  sigmoid<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.sigmoid(this);
  }

  relu<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.relu(this);
  }

  relu6<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.relu6(this);
  }

  selu<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.selu(this);
  }

  silu<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.silu(this);
  }

  mish<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.mish(this);
  }

  softsign<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.softsign(this);
  }

  hardsigmoid<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.hardsigmoid(this);
  }

  hardswish<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.hardswish(this);
  }

  logsigmoid<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.logsigmoid(this);
  }

  tanhshrink<E extends RealDType>(this: Tensor<E>): Tensor<E> {
    return ops.tanhshrink(this);
  }

  leakyRelu<E extends RealDType>(this: Tensor<E>, options?: ops.LeakyReluOptions): Tensor<E> {
    return ops.leakyRelu(this, options);
  }

  elu<E extends RealDType>(this: Tensor<E>, options?: ops.EluOptions): Tensor<E> {
    return ops.elu(this, options);
  }

  celu<E extends RealDType>(this: Tensor<E>, options?: ops.EluOptions): Tensor<E> {
    return ops.celu(this, options);
  }

  gelu<E extends RealDType>(this: Tensor<E>, options?: ops.GeluOptions): Tensor<E> {
    return ops.gelu(this, options);
  }

  softplus<E extends RealDType>(this: Tensor<E>, options?: ops.SoftplusOptions): Tensor<E> {
    return ops.softplus(this, options);
  }

  hardtanh<E extends RealDType>(this: Tensor<E>, options?: ops.HardtanhOptions): Tensor<E> {
    return ops.hardtanh(this, options);
  }

  softshrink<E extends RealDType>(this: Tensor<E>, options?: ops.ShrinkOptions): Tensor<E> {
    return ops.softshrink(this, options);
  }

  hardshrink<E extends RealDType>(this: Tensor<E>, options?: ops.ShrinkOptions): Tensor<E> {
    return ops.hardshrink(this, options);
  }

  threshold<E extends RealDType>(this: Tensor<E>, bound: number, value: number): Tensor<E> {
    return ops.threshold(this, bound, value);
  }

  glu<E extends RealDType>(this: Tensor<E>, options?: ops.GluOptions): Tensor<E> {
    return ops.glu(this, options);
  }

  prelu<E extends RealDType>(this: Tensor<E>, weight: Tensor<E>): Tensor<E> {
    return ops.prelu(this, weight);
  }

  clamp<E extends RealDType>(this: Tensor<E>, options: ops.ClampOptions<E>): Tensor<E> {
    return ops.clamp(this, options);
  }

  add(other: Operand<D>): Tensor<D>;
  add<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  add<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  add(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.add(this as Tensor<never>, other as Tensor<never>);
  }

  sub(other: Operand<D>): Tensor<D>;
  sub<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  sub<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  sub(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.sub(this as Tensor<never>, other as Tensor<never>);
  }

  mul(other: Operand<D>): Tensor<D>;
  mul<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  mul<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  mul(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.mul(this as Tensor<never>, other as Tensor<never>);
  }

  pow(other: Operand<D>): Tensor<D>;
  pow<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  pow<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  pow(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.pow(this as Tensor<never>, other as Tensor<never>);
  }

  maximum(other: Operand<D>): Tensor<D>;
  maximum<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  maximum<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  maximum(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.maximum(this as Tensor<never>, other as Tensor<never>);
  }

  minimum(other: Operand<D>): Tensor<D>;
  minimum<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  minimum<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  minimum(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.minimum(this as Tensor<never>, other as Tensor<never>);
  }

  fmod(other: Operand<D>): Tensor<D>;
  fmod<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  fmod<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  fmod(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.fmod(this as Tensor<never>, other as Tensor<never>);
  }

  remainder(other: Operand<D>): Tensor<D>;
  remainder<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  remainder<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  remainder(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.remainder(this as Tensor<never>, other as Tensor<never>);
  }

  div<E extends RealDType>(this: Tensor<E>, other: Operand<E>): Tensor<E>;
  div<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  div<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  div(this: Tensor<IntegerDType>, other: Operand<IntegerDType>): Tensor;
  div(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.div(this as Tensor<'float32'>, other as Tensor) as Tensor<never>;
  }

  atan2<E extends RealDType>(this: Tensor<E>, other: Operand<E>): Tensor<E>;
  atan2<E extends RealDType>(this: Tensor<E>, other: Tensor<IntegerDType>): Tensor<E>;
  atan2<E extends RealDType>(this: Tensor<IntegerDType>, other: Tensor<E>): Tensor<E>;
  atan2(this: Tensor<IntegerDType>, other: Operand<IntegerDType>): Tensor;
  atan2(this: ops.AnyOperand, other: ops.AnyOperand): Tensor<never> {
    return ops.atan2(this as Tensor<'float32'>, other as Tensor) as Tensor<never>;
  }

  lerp<E extends RealDType>(this: Tensor<E>, end: Tensor<E>, weight: Operand<E>): Tensor<E> {
    return ops.lerp(this, end, weight);
  }

  addcmul<E extends RealDType>(
    this: Tensor<E>,
    a: Tensor<E>,
    b: Tensor<E>,
    options?: ops.ValueOptions,
  ): Tensor<E> {
    return ops.addcmul(this, a, b, options);
  }

  addcdiv<E extends RealDType>(
    this: Tensor<E>,
    a: Tensor<E>,
    b: Tensor<E>,
    options?: ops.ValueOptions,
  ): Tensor<E> {
    return ops.addcdiv(this, a, b, options);
  }

  eq(other: ops.AnyOperand): Tensor<'bool'> {
    return ops.eq(this.self, other);
  }

  ne(other: ops.AnyOperand): Tensor<'bool'> {
    return ops.ne(this.self, other);
  }

  lt(other: ops.AnyOperand): Tensor<'bool'> {
    return ops.lt(this.self, other);
  }

  le(other: ops.AnyOperand): Tensor<'bool'> {
    return ops.le(this.self, other);
  }

  gt(other: ops.AnyOperand): Tensor<'bool'> {
    return ops.gt(this.self, other);
  }

  ge(other: ops.AnyOperand): Tensor<'bool'> {
    return ops.ge(this.self, other);
  }

  isnan(): Tensor<'bool'> {
    return ops.isnan(this.self);
  }

  isinf(): Tensor<'bool'> {
    return ops.isinf(this.self);
  }

  isfinite(): Tensor<'bool'> {
    return ops.isfinite(this.self);
  }

  logicalNot(): Tensor<'bool'> {
    return ops.logicalNot(this.self);
  }

  logicalAnd(other: Tensor<DType>): Tensor<'bool'> {
    return ops.logicalAnd(this.self, other);
  }

  logicalOr(other: Tensor<DType>): Tensor<'bool'> {
    return ops.logicalOr(this.self, other);
  }

  logicalXor(other: Tensor<DType>): Tensor<'bool'> {
    return ops.logicalXor(this.self, other);
  }

  equal(other: Tensor<DType>): boolean {
    return ops.equal(this.self, other);
  }

  allclose(other: Tensor<DType>, options?: ops.AllcloseOptions): boolean {
    return ops.allclose(this.self, other, options);
  }

  /** This tensor where the condition is true, else `other`. */
  where(condition: Tensor<'bool' | 'uint8'>, other: Operand<D>): Tensor<D> {
    return ops.where(condition, this.self, other);
  }

  maskedFill(mask: Tensor<'bool' | 'uint8'>, value: Operand<D>): Tensor<D> {
    return ops.maskedFill(this.self, mask, value);
  }

  maskedSelect(mask: Tensor<'bool' | 'uint8'>): Tensor<D> {
    return ops.maskedSelect(this.self, mask);
  }

  reshape(shape: readonly number[]): Tensor<D> {
    return ops.reshape(this.self, shape);
  }

  view(shape: readonly number[]): Tensor<D> {
    return ops.view(this.self, shape);
  }

  flatten(options?: ops.FlattenOptions): Tensor<D> {
    return ops.flatten(this.self, options);
  }

  unflatten(dim: number, sizes: readonly number[]): Tensor<D> {
    return ops.unflatten(this.self, dim, sizes);
  }

  squeeze(dim?: number): Tensor<D> {
    return ops.squeeze(this.self, dim);
  }

  unsqueeze(dim: number): Tensor<D> {
    return ops.unsqueeze(this.self, dim);
  }

  permute(dims: readonly number[]): Tensor<D> {
    return ops.permute(this.self, dims);
  }

  transpose(dim0: number, dim1: number): Tensor<D> {
    return ops.transpose(this.self, dim0, dim1);
  }

  swapaxes(dim0: number, dim1: number): Tensor<D> {
    return ops.swapaxes(this.self, dim0, dim1);
  }

  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor<D> {
    return ops.movedim(this.self, source, destination);
  }

  flip(dims: number | readonly number[]): Tensor<D> {
    return ops.flip(this.self, dims);
  }

  roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor<D> {
    return ops.roll(this.self, shifts, dims);
  }

  expand(shape: readonly number[]): Tensor<D> {
    return ops.expand(this.self, shape);
  }

  expandAs(other: Tensor<DType>): Tensor<D> {
    return ops.expandAs(this.self, other);
  }

  broadcastTo(shape: readonly number[]): Tensor<D> {
    return ops.broadcastTo(this.self, shape);
  }

  repeat(repeats: readonly number[]): Tensor<D> {
    return ops.repeat(this.self, repeats);
  }

  tile(repeats: readonly number[]): Tensor<D> {
    return ops.tile(this.self, repeats);
  }

  narrow(dim: number, start: number, length: number): Tensor<D> {
    return ops.narrow(this.self, dim, start, length);
  }

  select(dim: number, index: number): Tensor<D> {
    return ops.select(this.self, dim, index);
  }

  index(...items: readonly ops.IndexItem[]): Tensor<D> {
    return ops.index(this.self, ...items);
  }

  indexSelect(dim: number, index: Tensor<IndexDType>): Tensor<D> {
    return ops.indexSelect(this.self, dim, index);
  }

  gather(dim: number, index: Tensor<IndexDType>): Tensor<D> {
    return ops.gather(this.self, dim, index);
  }

  takeAlongDim(index: Tensor<IndexDType>, dim: number): Tensor<D> {
    return ops.takeAlongDim(this.self, index, dim);
  }

  diagonal(options?: ops.DiagonalOptions): Tensor<D> {
    return ops.diagonal(this.self, options);
  }

  diag(offset?: number): Tensor<D> {
    return ops.diag(this.self, offset);
  }

  tril(diagonal?: number): Tensor<D> {
    return ops.tril(this.self, diagonal);
  }

  triu(diagonal?: number): Tensor<D> {
    return ops.triu(this.self, diagonal);
  }

  split(size: number | readonly number[], dim?: number): Tensor<D>[] {
    return ops.split(this.self, size, dim);
  }

  chunk(chunks: number, dim?: number): Tensor<D>[] {
    return ops.chunk(this.self, chunks, dim);
  }

  unbind(dim?: number): Tensor<D>[] {
    return ops.unbind(this.self, dim);
  }

  scatter<E extends RealDType>(
    this: Tensor<E>,
    dim: number,
    index: Tensor<IndexDType>,
    source: Operand<E>,
  ): Tensor<E> {
    return ops.scatter(this, dim, index, source);
  }

  scatterAdd<E extends RealDType>(
    this: Tensor<E>,
    dim: number,
    index: Tensor<IndexDType>,
    source: Tensor<E>,
  ): Tensor<E> {
    return ops.scatterAdd(this, dim, index, source);
  }

  outer<E extends RealDType>(this: Tensor<E>, other: Tensor<E>): Tensor<E> {
    return ops.outer(this, other);
  }

  /** This tensor, then `others`, along a dimension. */
  cat(others: readonly Tensor<D>[], options?: number | ops.CatOptions): Tensor<D> {
    return ops.cat([this.self, ...others], options);
  }
}
