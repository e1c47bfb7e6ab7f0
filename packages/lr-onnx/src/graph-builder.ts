/** The graph that an export writes: nodes, their attributes, and weights. It knows ONNX, no module and no operator. */
import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { ShapeError } from '@org/lr-core';
import { Tensor } from '@org/lr-native';
import type { DType } from '@org/lr-native';
import { AttributeProto_AttributeType as Type, NodeProtoSchema } from './proto/onnx_pb.ts';
import type { AttributeProtoSchema, NodeProto, TensorProto } from './proto/onnx_pb.ts';
import { makeTensor, transpose } from './tensor-data.ts';

type Attribute = Omit<MessageInitShape<typeof AttributeProtoSchema>, '$typeName' | 'name'>;

// JavaScript does not tell 1 from 1.0: these do.
export const int = (i: number): Attribute => ({ type: Type.INT, i: BigInt(i) });
export const ints = (values: readonly number[]): Attribute => ({ type: Type.INTS, ints: values.map(BigInt) });
export const float = (f: number): Attribute => ({ type: Type.FLOAT, f: Math.fround(f) });
export const text = (s: string): Attribute => ({ type: Type.STRING, s: new TextEncoder().encode(s) });

export class GraphBuilder {
  readonly opset: number;
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  /** Path of the module being written, such as `0.1`; '' for the model itself. */
  #path = '';
  #kind = '';
  readonly #names: Set<string>;
  /** The parameters and buffers of the model. */
  readonly #paths: ReadonlyMap<Tensor<DType>, string>;
  /** Weights by what they are written as. */
  readonly #weights = new Map<string, Map<Tensor, string>>();

  /** @param reserved names that nothing else may have */
  constructor(opset: number, reserved: readonly string[], weights: Iterable<[string, Tensor<DType>]>) {
    this.opset = opset;
    this.#names = new Set(reserved);
    this.#paths = new Map([...weights].map(([path, tensor]) => [tensor, path]));
  }

  /** The module being written, as error messages name it. */
  get module(): string {
    return this.#path === '' ? 'the model' : `model.${this.#path}`;
  }

  /** The same with its class. */
  get about(): string {
    return this.#kind === '' ? this.module : `${this.module} (${this.#kind})`;
  }

  /** What `work` writes is that of the module at `path`, of the class `kind`. */
  within<T>(path: string, kind: string, work: () => T): T {
    const outer = [this.#path, this.#kind] as const;
    [this.#path, this.#kind] = [path, kind];
    try {
      return work();
    } finally {
      [this.#path, this.#kind] = outer;
    }
  }

  /** Adds a node; the name of its only output. Inputs left out at the end are absent ones. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const name = this.#unique(this.#inModule(opType));
    const output = this.#unique(`${name}_output`);
    this.nodes.push(
      create(NodeProtoSchema, {
        name,
        opType,
        input: [...inputs],
        output: [output],
        attribute: Object.entries(attributes).map(([key, value]) => ({ name: key, ...value })),
      }),
    );
    return output;
  }

  /**
   * Adds a tensor: a parameter or buffer of the model under its path, such as `0.weight`, any other as a Constant node.
   * One that is used twice is written once.
   */
  weight(tensor: Tensor): string {
    if (!this.#paths.has(tensor)) {
      const t = makeTensor('', tensor.shape, tensor.cpu().data);
      return this.node('Constant', [], { value: { type: Type.TENSOR, t } });
    }
    return this.#weight(tensor, '', () => makeTensor('', tensor.shape, tensor.cpu().data));
  }

  /** Adds a number. */
  scalar(value: number): string {
    return this.weight(new Tensor(Float32Array.of(value), []));
  }

  /** Adds a matrix (rows, columns) as (columns, rows). */
  transposedWeight(tensor: Tensor): string {
    return this.#weight(tensor, '_transposed', () => {
      const [rows, columns] = tensor.shape as [number, number];
      return makeTensor('', [columns, rows], transpose(tensor.cpu().data, rows, columns));
    });
  }

  /** Adds a list of sizes. */
  integers(field: string, values: readonly number[]): string {
    const name = this.#unique(this.#inModule(field, '.'));
    this.initializers.push(makeTensor(name, [values.length], BigInt64Array.from(values, BigInt)));
    return name;
  }

  /** @throws ShapeError unless `sample` has `ndim` dimensions, as the operator wants it */
  checkNdim(opType: string, sample: Tensor<DType>, ndim: number): void {
    if (sample.ndim === ndim) return;
    throw new ShapeError(
      `[exportOnnx] expected the input of ${this.module} to have ${ndim} dimensions, as ${opType} wants it, ` +
        `but received [${sample.shape.join(', ')}]`,
    );
  }

  #weight(tensor: Tensor, suffix: string, make: () => TensorProto): string {
    const written = this.#weights.get(suffix) ?? new Map<Tensor, string>();
    this.#weights.set(suffix, written);
    let name = written.get(tensor);
    if (name === undefined) {
      name = this.#unique(`${this.#paths.get(tensor)!}${suffix}`);
      written.set(tensor, name);
      this.initializers.push({ ...make(), name });
    }
    return name;
  }

  #inModule(name: string, separator = '/'): string {
    return this.#path === '' ? name : `${this.#path}${separator}${name}`;
  }

  #unique(name: string): string {
    let unique = name;
    for (let i = 1; this.#names.has(unique); i++) unique = `${name}_${i}`;
    this.#names.add(unique);
    return unique;
  }
}
