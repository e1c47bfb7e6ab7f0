/** importOnnx: from an ONNX file to a module. How each operator is read is for ops/. */
import { Tensor, defaultDevice, defaultGenerator, nn } from '@org/lr-native';
import { fileError, quote } from './source.ts';
import type { Source } from './source.ts';
import { ImportedNode } from './imported-node.ts';
import { OnnxGraph } from './onnx-graph.ts';
import type { GraphConstant, Step } from './onnx-graph.ts';
import { OPERATORS } from './ops/index.ts';
import type { GraphProto, TensorProto } from './proto/onnx_pb.ts';
import { readModel } from './read-model.ts';
import { floatsOf, makeTensor, shapeOf, transpose } from './tensor-data.ts';

const MAX_OPSET = 26n;
const FREE_COPIES = 16777216;

/** A constant that a function reads: an initializer is learnt, the value of a Constant node is not. */
function constantOf(source: Source, tensor: TensorProto, learnt: ReadonlySet<string>): GraphConstant {
  const value = new Tensor(floatsOf(source, tensor), shapeOf(source, tensor));
  return {
    name: tensor.name,
    tensor: learnt.has(tensor.name) ? new nn.Parameter(value) : new nn.Buffer(value),
  };
}

/** Tensors by name: initializers, the values of Constant nodes, and transposed weights, which linear is exported with. */
function constantsOf(source: Source, graph: GraphProto): Map<string, TensorProto> {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of graph.node) {
    const name = node.output[0] ?? '';
    const value = node.attribute.find((attribute) => attribute.name === 'value')?.t;
    if (node.opType === 'Constant' && value !== undefined) constants.set(name, { ...value, name });
    const weight = node.opType === 'Transpose' ? constants.get(node.input[0] ?? '') : undefined;
    const perm = node.attribute.find((attribute) => attribute.name === 'perm')?.ints;
    if (weight?.dims.length === 2 && (perm === undefined || (perm[0] === 1n && perm[1] === 0n))) {
      const [rows, columns] = shapeOf(source, weight) as [number, number];
      constants.set(
        name,
        makeTensor(name, [columns, rows], transpose(floatsOf(source, weight), rows, columns)),
      );
    }
  }
  return constants;
}

/** Each node gets a copy of its weights: a small file in which many nodes share one must not fill the memory. */
function checkCopies(source: Source, graph: GraphProto): void {
  const sizes = new Map<string, number>();
  const sizeOf = (tensor: TensorProto): number =>
    shapeOf(source, tensor).reduce((size, dim) => size * dim, 4);
  for (const tensor of graph.initializer) sizes.set(tensor.name, sizeOf(tensor));
  let stored = 0;
  for (const size of sizes.values()) stored += size;
  let copied = 0;
  for (const { opType, input, output, attribute } of graph.node) {
    const value = attribute.find(({ name }) => name === 'value')?.t;
    const read = input.reduce(
      (sum, name) => sum + (sizes.get(name) ?? 0),
      value === undefined ? 0 : sizeOf(value),
    );
    copied += read;
    if (opType === 'Transpose' || opType === 'Constant') sizes.set(output[0] ?? '', read);
  }
  const most = FREE_COPIES + 4 * stored;
  if (copied > most)
    throw fileError(source, `share weights among few nodes (${most} bytes in all)`, `${copied} bytes`);
}

/** The name of the only input or output that there must be. */
function onlyName(source: Source, what: string, names: readonly string[]): string {
  if (names.length !== 1)
    throw fileError(source, `have one ${what}`, `[${names.slice(0, 8).map(quote).join(', ')}]`);
  return names[0]!;
}

function checkOpset(source: Source, versions: readonly { domain: string; version: bigint }[]): bigint {
  const version = versions.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0n;
  if (version < 1n || version > MAX_OPSET) {
    throw fileError(source, `use an operator set up to ${MAX_OPSET}`, `${version}`);
  }
  return version;
}

/** The nodes that compute, in the order in which they run; `next` is the only one that reads a node's result. */
function nodesOf(
  source: Source,
  graph: GraphProto,
  constants: ReadonlyMap<string, TensorProto>,
): ImportedNode[] {
  const results = new Set(graph.output.map(({ name }) => name));
  const readers = new Map<string, ImportedNode[]>();
  const nodes: ImportedNode[] = [];
  for (const proto of graph.node.toReversed()) {
    const [output = ''] = proto.output;
    if (constants.has(output)) continue;
    const next = results.has(output) ? [] : (readers.get(output) ?? []);
    const node = new ImportedNode(source, proto, constants, next.length === 1 ? next[0]! : null);
    if (proto.domain !== '' && proto.domain !== 'ai.onnx') {
      throw fileError(source, 'use ONNX operators only', `one of ${quote(proto.domain)}: ${node.about}`);
    }
    for (const name of new Set(proto.input)) {
      const others = readers.get(name);
      if (others === undefined) readers.set(name, [node]);
      else others.push(node);
    }
    nodes.push(node);
  }
  return nodes.reverse();
}

/** What a node is imported as. */
function toStep(source: Source, node: ImportedNode, opset: bigint): Step {
  const row = OPERATORS.find(
    ({ opType, toModule, toFunction }) => opType === node.opType && (toModule ?? toFunction),
  );
  if (row === undefined) {
    const known = OPERATORS.filter(({ toModule, toFunction }) => toModule ?? toFunction).map(
      ({ opType }) => opType,
    );
    throw fileError(source, `use ${[...new Set(known)].join(', ')} only`, node.about);
  }
  if (opset < row.sinceOpset) {
    throw fileError(source, `use an operator set >= ${row.sinceOpset} for ${node.about}`, `${opset}`);
  }
  const { dynamicInputs } = node;
  if (row.toModule !== undefined && (row.toFunction === undefined || dynamicInputs.length === 1)) {
    if (dynamicInputs.length !== 1) node.fail('read one value', `[${dynamicInputs.map(quote).join(', ')}]`);
    const module = row.toModule(node);
    node.checkAllRead();
    return { module, inputs: dynamicInputs, output: (node.tookNext ? node.next! : node).output };
  }
  const compute = row.toFunction!(node);
  node.checkAllRead();
  return { compute, inputs: node.inputs, output: node.output };
}

/**
 * Reads an ONNX model as a module, to fine-tune it: what `exportOnnx` writes, and files of other programs that use the same
 * operators with one input and one output.
 *
 * A chain becomes a Sequential, in the order of the nodes; any other graph an OnnxGraph. Operators with weights become
 * modules with copies of them; a weight that two nodes share becomes two.
 *
 * @param pathOrBytes the path of the file, or its bytes; weights in files of their own are found beside a path only
 * @throws ArgumentError, FileError for a file that cannot be read, is malformed or uses what is not supported
 */
export async function importOnnx(pathOrBytes: string | Uint8Array): Promise<nn.Module> {
  const { source, model } = readModel('importOnnx', pathOrBytes);
  const graph = model.graph!;
  const opset = checkOpset(source, model.opsetImport);
  checkCopies(source, graph);
  const constants = constantsOf(source, graph);
  const inputs = graph.input.map(({ name }) => name).filter((name) => !constants.has(name));
  const input = onlyName(source, 'input', inputs);
  const output = onlyName(
    source,
    'output',
    graph.output.map(({ name }) => name),
  );
  // New modules draw weights that are replaced here: the caller's random numbers must not depend on that.
  const state = defaultGenerator.getState();
  try {
    const steps: Step[] = [];
    const nodes = nodesOf(source, graph, constants);
    const taken = new Set<ImportedNode>();
    for (const node of nodes) {
      if (taken.has(node)) continue;
      steps.push(toStep(source, node, opset));
      if (node.tookNext) taken.add(node.next!);
    }
    const chain = steps.flatMap((step, i) =>
      'module' in step && step.inputs[0] === (i === 0 ? input : steps[i - 1]!.output) ? [step.module] : [],
    );
    if (chain.length === steps.length && output === (steps.at(-1)?.output ?? input))
      return new nn.Sequential(...chain).to(defaultDevice());
    const learnt = new Set(graph.initializer.map(({ name }) => name));
    const read = new Set(steps.flatMap((step) => ('compute' in step ? step.inputs : [])));
    const tensors = [...constants.values()].filter(({ name }) => read.has(name));
    return new OnnxGraph(
      input,
      output,
      steps,
      tensors.map((tensor) => constantOf(source, tensor, learnt)),
    ).to(defaultDevice());
  } finally {
    defaultGenerator.setState(state);
  }
}
