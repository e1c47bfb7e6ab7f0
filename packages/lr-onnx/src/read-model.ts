/**
 * A model file, checked: what onnxruntime and the importer get has sound lengths, sizes and paths, and graphs in which
 * every value is made once and before it is read. Whether the operators are right is for them to say.
 */
import { dirname } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { checkType } from '@org/lr-core';
import { readWholeFile } from '@org/lr-native';
import { fileError, quote } from './source.ts';
import type { Source } from './source.ts';
import { ModelProtoSchema } from './proto/onnx_pb.ts';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
} from './proto/onnx_pb.ts';
import { scan } from './scan.ts';
import { checkTensor, shapeOf } from './tensor-data.ts';

/** protobuf's own limit. */
const MAX_BYTES = 2147483647;
const MAX_CALLS = 64;
const MAX_NODES = 1e6;

export interface ReadModel {
  readonly source: Source;
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
  /** Whether weights lie in files beside the model. */
  readonly external: boolean;
}

/**
 * Reads and checks a model.
 *
 * @throws ArgumentError, FileError
 */
export function readModel(op: string, pathOrBytes: string | Uint8Array): ReadModel {
  const isPath = typeof pathOrBytes === 'string';
  checkType(
    isPath || pathOrBytes instanceof Uint8Array,
    op,
    'the model',
    'a path or a Uint8Array',
    pathOrBytes,
  );
  const source: Source = isPath
    ? { op, name: pathOrBytes, folder: dirname(pathOrBytes) }
    : { op, name: 'the given bytes', folder: null };
  const given = isPath ? readWholeFile(op, pathOrBytes, MAX_BYTES) : pathOrBytes;
  // A Buffer's slice() is a view; a Uint8Array's is a copy.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length);
  scan(source, ModelProtoSchema, bytes);
  const model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  return { source, bytes, model, external: new ModelCheck(source).model(model) };
}

type Names = ReadonlySet<string>;

/** One walk over a model. */
class ModelCheck {
  readonly #source: Source;
  #external = false;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Whether there is external data. */
  model({ graph, functions, trainingInfo }: ModelProto): boolean {
    if (graph === undefined) return this.#fail('have a graph', 'none');
    this.#graph(graph, []);
    for (const { initialization, algorithm } of trainingInfo) {
      for (const training of [initialization, algorithm])
        if (training !== undefined) this.#tensorsOf(training);
    }
    for (const { input, output, node, attributeProto } of functions) {
      for (const attribute of attributeProto) this.#attribute(attribute, []);
      this.#nodes(node, new Set(input), [], output);
    }
    this.#expand(graph, functions);
    return this.#external;
  }

  #fail(expectation: string, found: string): never {
    throw fileError(this.#source, expectation, found);
  }

  #graph(graph: GraphProto, outer: readonly Names[]): void {
    this.#tensorsOf(graph);
    const names = new Set<string>();
    for (const { name, type } of graph.input) {
      if (names.has(name)) this.#fail('have inputs of different names', `${quote(name)} twice`);
      names.add(name);
      const dims = type?.value.case === 'tensorType' ? (type.value.value.shape?.dim ?? []) : [];
      const known = dims.flatMap(({ value }) =>
        value.case === 'dimValue' && value.value > 0n ? [value.value] : [],
      );
      shapeOf(this.#source, { name, dims: known });
    }
    for (const { name } of graph.initializer) names.add(name);
    for (const { values } of graph.sparseInitializer) names.add(values?.name ?? '');
    this.#nodes(
      graph.node,
      names,
      outer,
      graph.output.map(({ name }) => name),
    );
  }

  /** Nodes in the order in which they run, which excludes cycles. */
  #nodes(
    nodes: readonly NodeProto[],
    names: Set<string>,
    outer: readonly Names[],
    outputs: readonly string[],
  ): void {
    const scopes = [names, ...outer];
    const known = (name: string): boolean => scopes.some((scope) => scope.has(name));
    const about = (node: NodeProto): string => `the ${node.opType} node ${quote(node.name)}`;
    for (const node of nodes) {
      const missing = node.input.find((name) => name !== '' && !known(name));
      if (missing !== undefined) {
        this.#fail('make every value before it is read', `${quote(missing)} read by ${about(node)}`);
      }
      for (const attribute of node.attribute) this.#attribute(attribute, scopes);
      for (const name of node.output) {
        if (name === '') continue;
        if (names.has(name))
          this.#fail('make every value once', `${quote(name)} made again by ${about(node)}`);
        names.add(name);
      }
    }
    const missing = outputs.find((name) => name !== '' && !known(name));
    if (missing !== undefined) this.#fail('make every output', `none that makes ${quote(missing)}`);
  }

  /** Functions are expanded where they are called: the nodes that this makes are counted, and it must end. */
  #expand(graph: GraphProto, functions: readonly FunctionProto[]): void {
    const bodies = new Map(functions.map((body) => [`${body.domain}/${body.name}`, body.node]));
    const sizes = new Map<string, number>();
    const sizeOf = (nodes: readonly NodeProto[], depth: number): number => {
      let size = nodes.length;
      for (const { domain, opType, attribute } of nodes) {
        for (const { g, graphs } of attribute) {
          for (const inner of [g, ...graphs]) if (inner !== undefined) size += sizeOf(inner.node, depth);
        }
        const name = `${domain}/${opType}`;
        const body = bodies.get(name);
        if (body === undefined) continue;
        if (depth === MAX_CALLS) this.#fail(`call functions at most ${MAX_CALLS} deep`, quote(opType));
        const known = sizes.get(name) ?? sizeOf(body, depth + 1);
        sizes.set(name, known);
        size += known;
      }
      if (size > MAX_NODES) this.#fail(`have at most ${MAX_NODES} nodes, functions expanded,`, `${size}`);
      return size;
    };
    sizeOf(graph.node, 0);
    for (const body of bodies.values()) sizeOf(body, 0);
  }

  #attribute(attribute: AttributeProto, outer: readonly Names[]): void {
    for (const tensor of [attribute.t, ...attribute.tensors]) if (tensor !== undefined) this.#tensor(tensor);
    for (const sparse of [attribute.sparseTensor, ...attribute.sparseTensors]) this.#sparse(sparse);
    for (const graph of [attribute.g, ...attribute.graphs])
      if (graph !== undefined) this.#graph(graph, outer);
  }

  #tensorsOf({ initializer, sparseInitializer }: GraphProto): void {
    for (const tensor of initializer) this.#tensor(tensor);
    for (const sparse of sparseInitializer) this.#sparse(sparse);
  }

  #sparse(sparse: SparseTensorProto | undefined): void {
    if (sparse === undefined) return;
    shapeOf(this.#source, { name: sparse.values?.name ?? '', dims: sparse.dims });
    for (const tensor of [sparse.values, sparse.indices]) if (tensor !== undefined) this.#tensor(tensor);
  }

  #tensor(tensor: TensorProto): void {
    if (checkTensor(this.#source, tensor) !== null) this.#external = true;
  }
}
