/** importOnnx: from an ONNX file to a module. How each operator is read is for ops/. */
import { defaultGenerator, nn } from '@org/lr-native';
import { fileError, quote } from './source.ts';
import type { Source } from './source.ts';
import { ImportedNode } from './imported-node.ts';
import { OPERATORS } from './ops/index.ts';
import type { GraphProto, NodeProto, TensorProto } from './proto/onnx_pb.ts';
import { readModel } from './read-model.ts';

const MAX_OPSET = 26n;

/** Tensors by name: initializers, and the values of Constant nodes. */
function constantsOf(graph: GraphProto): Map<string, TensorProto> {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of graph.node) {
    const value = node.attribute.find(({ name }) => name === 'value')?.t;
    if (isConstant(node) && value !== undefined) constants.set(node.output[0]!, value);
  }
  return constants;
}

function isConstant({ opType, attribute, output }: NodeProto): boolean {
  return (
    opType === 'Constant' &&
    output.length === 1 &&
    attribute.some(({ name, t }) => name === 'value' && t !== undefined)
  );
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

/** The nodes from input to output, each linked to the next, in a graph where each takes the result of the one before. */
function chainOf(source: Source, graph: GraphProto): ImportedNode[] {
  const constants = constantsOf(graph);
  const inputs = graph.input.map(({ name }) => name).filter((name) => !constants.has(name));
  let current = onlyName(source, 'input', inputs);
  const output = onlyName(
    source,
    'output',
    graph.output.map(({ name }) => name),
  );

  const nodes = graph.node.filter((node) => !isConstant(node));
  for (const node of nodes) {
    const about = `${node.opType} ${quote(node.name)}`;
    if (node.domain !== '' && node.domain !== 'ai.onnx') {
      throw fileError(source, 'use ONNX operators only', `one of ${quote(node.domain)}: ${about}`);
    }
    const read = node.input.filter((name) => name !== '' && !constants.has(name));
    if (read.length !== 1 || read[0] !== current) {
      const found = `${about}, which reads ${read.length === 0 ? 'none' : read.slice(0, 8).map(quote).join(', ')}`;
      throw fileError(
        source,
        `be a chain in which each node reads the one before, here ${quote(current)},`,
        found,
      );
    }
    current = node.output[0] ?? '';
  }
  if (current !== output) {
    throw fileError(source, 'have the last node make the output', `${quote(output)}, made by another`);
  }
  return nodes.reduceRight<ImportedNode[]>(
    (chain, node) => [new ImportedNode(source, node, constants, chain[0] ?? null), ...chain],
    [],
  );
}

function toModules(source: Source, nodes: readonly ImportedNode[], opset: bigint): nn.Module[] {
  const modules: nn.Module[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    const row = OPERATORS.find(({ opType, toModule }) => opType === node.opType && toModule !== undefined);
    if (row === undefined) {
      const known = OPERATORS.filter(({ toModule }) => toModule !== undefined).map(({ opType }) => opType);
      throw fileError(source, `use ${known.join(', ')} only`, node.about);
    }
    if (opset < row.sinceOpset) {
      throw fileError(source, `use an operator set >= ${row.sinceOpset} for ${node.about}`, `${opset}`);
    }
    modules.push(row.toModule!(node));
    node.checkAllRead();
    if (node.tookNext) i += 1;
  }
  return modules;
}

/**
 * Reads an ONNX model as a module, to fine-tune it: what `exportOnnx` writes, and files of other programs that are a
 * chain of the same operators. The modules are in a Sequential, in the order of the nodes, with the weights of the file.
 *
 * @param pathOrBytes the path of the file, or its bytes; weights in files of their own are found beside a path only
 * @throws ArgumentError, FileError for a file that cannot be read, is malformed or uses what is not supported
 */
export async function importOnnx(pathOrBytes: string | Uint8Array): Promise<nn.Module> {
  const { source, model } = readModel('importOnnx', pathOrBytes);
  const opset = checkOpset(source, model.opsetImport);
  const nodes = chainOf(source, model.graph!);
  // New modules draw weights that are replaced here: the caller's random numbers must not depend on that.
  const state = defaultGenerator.getState();
  try {
    return new nn.Sequential(...toModules(source, nodes, opset));
  } finally {
    defaultGenerator.setState(state);
  }
}
