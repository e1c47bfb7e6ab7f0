/** A node of a graph as the handlers in ops/ read it: attributes by name, constants by position. */
import { fileError, quote } from './source.ts';
import type { Source } from './source.ts';
import { AttributeProto_AttributeType as Type } from './proto/onnx_pb.ts';
import type { AttributeProto, NodeProto, TensorProto } from './proto/onnx_pb.ts';
import { floatsOf, integersOf, shapeOf } from './tensor-data.ts';

/** A weight: its shape and a copy of its elements. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export class ImportedNode {
  readonly opType: string;
  readonly #source: Source;
  readonly #proto: NodeProto;
  readonly #constants: ReadonlyMap<string, TensorProto>;
  readonly #attributes: Map<string, AttributeProto>;
  /** The node that takes this one's result, if a handler reads two as one. */
  readonly next: ImportedNode | null;
  /** Whether `next` is part of what this node was imported as. */
  tookNext = false;

  constructor(
    source: Source,
    proto: NodeProto,
    constants: ReadonlyMap<string, TensorProto>,
    next: ImportedNode | null,
  ) {
    this.opType = proto.opType;
    this.#source = source;
    this.#proto = proto;
    this.#constants = constants;
    this.#attributes = new Map(proto.attribute.map((attribute) => [attribute.name, attribute]));
    this.next = next;
  }

  /** As error messages name it. */
  get about(): string {
    return `${this.#proto.opType} ${quote(this.#proto.name)}`;
  }

  get inputs(): readonly string[] {
    return this.#proto.input;
  }

  /** The inputs that are not constants. */
  get dynamicInputs(): string[] {
    return this.#proto.input.filter((name) => name !== '' && !this.#constants.has(name));
  }

  get output(): string {
    return this.#proto.output[0] ?? '';
  }

  fail(expectation: string, found: string): never {
    throw fileError(this.#source, expectation, `${found} at ${this.about}`);
  }

  int(name: string, absent: number): number {
    const attribute = this.#take(name, Type.INT);
    return attribute === undefined ? absent : this.#number(name, attribute.i);
  }

  ints(name: string, absent: readonly number[]): number[] {
    const attribute = this.#take(name, Type.INTS);
    return attribute === undefined ? [...absent] : attribute.ints.map((value) => this.#number(name, value));
  }

  /** A float32. */
  float(name: string, absent: number): number {
    return this.#take(name, Type.FLOAT)?.f ?? absent;
  }

  text(name: string, absent: string): string {
    const attribute = this.#take(name, Type.STRING);
    return attribute === undefined ? absent : new TextDecoder().decode(attribute.s);
  }

  /** Two numbers of one attribute, as strides and dilations are. */
  pair(name: string, absent: readonly [number, number]): [number, number] {
    const values = this.ints(name, absent);
    if (values.length !== 2) this.fail(`have 2 ${name}`, `[${values.join(', ')}]`);
    return values as [number, number];
  }

  has(position: number): boolean {
    return (this.#proto.input[position] ?? '') !== '';
  }

  /** Whether the input is a constant of that shape. */
  hasConstant(position: number, shape: readonly number[]): boolean {
    const dims = this.#constants.get(this.#proto.input[position] ?? '')?.dims;
    return (
      dims !== undefined && dims.length === shape.length && dims.every((dim, i) => Number(dim) === shape[i])
    );
  }

  /** The weight at an input of `ndim` dimensions. */
  weight(position: number, ndim: number): Weight {
    const tensor = this.#constant(position);
    const shape = shapeOf(this.#source, tensor);
    if (shape.length !== ndim)
      this.fail(`have ${ndim} dimensions in ${quote(tensor.name)}`, `[${shape.join(', ')}]`);
    return { shape, data: floatsOf(this.#source, tensor) };
  }

  /** The weight at an input that must have exactly `shape`; null where there is no such input. */
  weightOf(position: number, shape: readonly number[]): Float32Array | null {
    if (!this.has(position)) return null;
    const weight = this.weight(position, shape.length);
    if (weight.shape.some((size, i) => size !== shape[i])) {
      this.fail(`have a weight of [${shape.join(', ')}]`, `[${weight.shape.join(', ')}]`);
    }
    return weight.data;
  }

  /** The weight at an input that there must be, of exactly `shape`. */
  weightAt(position: number, shape: readonly number[]): Float32Array {
    return this.weightOf(position, shape) ?? this.fail('have constant weights', 'none');
  }

  /** The list of sizes at an input. */
  integers(position: number): number[] {
    const tensor = this.#constant(position);
    if (tensor.dims.length > 1) this.fail('have a list of sizes', `dimensions [${tensor.dims.join(', ')}]`);
    return integersOf(this.#source, tensor).map((value) => this.#number(tensor.name, value));
  }

  /** @throws FileError where there is an attribute that no handler read */
  checkAllRead(): void {
    const [unread] = this.#attributes.keys();
    if (unread !== undefined) this.fail('have operators with known attributes', quote(unread));
  }

  #constant(position: number): TensorProto {
    const name = this.#proto.input[position] ?? '';
    const tensor = this.#constants.get(name);
    if (tensor === undefined) return this.fail('have constant weights', name === '' ? 'none' : quote(name));
    return tensor;
  }

  #take(name: string, type: Type): AttributeProto | undefined {
    const attribute = this.#attributes.get(name);
    if (attribute === undefined) return undefined;
    this.#attributes.delete(name);
    if (attribute.type !== type) this.fail(`have a ${Type[type]} as ${name}`, Type[attribute.type]);
    return attribute;
  }

  #number(name: string, value: bigint): number {
    if (BigInt.asIntN(32, value) !== value) this.fail(`have a real size as ${quote(name)}`, `${value}`);
    return Number(value);
  }
}
