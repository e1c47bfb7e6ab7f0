/** exportOnnx: from a module to an ONNX file. What the model does is for trace.ts, how that is written for ops/. */
import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { ArgumentError, checkBoolean, checkInteger, checkRange, checkType } from '@org/lr-core';
import { defaultDevice, nn, ones, writeFileAtomic, zeros } from '@org/lr-native';
import type { DType, Tensor } from '@org/lr-native';
import { GraphBuilder } from './graph-builder.ts';
import type { Value } from './operator.ts';
import { ModelProtoSchema, TensorProto_DataType as DataType } from './proto/onnx_pb.ts';
import type { TensorProto, ValueInfoProtoSchema } from './proto/onnx_pb.ts';
import { trace } from './trace.ts';

export interface ExportOptions {
  /** The shape of the input, batch included, such as [1, 1, 28, 28]. */
  inputShape: readonly number[];
  /** Element type of the input: 'int64' or 'int32' for indices, which are tried as 0 and 1. Default 'float32'. */
  inputDtype?: 'float32' | 'int32' | 'int64';
  /** Where to write the file as well; written whole or not at all. */
  path?: string;
  /** Version of the operator set, 13 to 26. Default 21. */
  opset?: number;
  /** Whether the first dimension of the input may differ when the model runs. Default false. */
  dynamicBatch?: boolean;
  /** Default ['input']. */
  inputNames?: readonly string[];
  /** Default ['output']. */
  outputNames?: readonly string[];
}

const OP = 'exportOnnx';
const DEFAULT_OPSET = 21;
/** The file format that came with each operator set, which runtimes of its time read; 26 is onnxruntime 1.30's last. */
const IR_VERSION: Readonly<Record<number, number>> = {
  13: 7,
  14: 7,
  15: 8,
  16: 8,
  17: 8,
  18: 8,
  19: 9,
  20: 9,
  21: 10,
  22: 10,
  23: 11,
  24: 12,
  25: 13,
  26: 13,
};
const ELEMENT_TYPES = { float32: DataType.FLOAT, int32: DataType.INT32, int64: DataType.INT64 } as const;
/** A protobuf message holds less than 2 GiB. */
const MAX_WEIGHT_BYTES = 2147483647 - 1048576;

function checkNames(name: string, value: unknown): void {
  const ok = Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' && value[0] !== '';
  checkType(ok, OP, name, 'an array of one name', value);
}

function checkOptions(model: unknown, options: ExportOptions): Required<Omit<ExportOptions, 'path'>> {
  checkType(model instanceof nn.Module, OP, 'model', 'a Module', model);
  checkType(
    typeof options === 'object' && options !== null,
    OP,
    'options',
    'an object with inputShape',
    options,
  );
  const { inputShape, inputDtype = 'float32', path, opset = DEFAULT_OPSET, dynamicBatch = false } = options;
  const { inputNames = ['input'], outputNames = ['output'] } = options;
  checkType(Array.isArray(inputShape), OP, 'inputShape', 'an array of integers >= 1', inputShape);
  inputShape.forEach((size, i) => checkInteger(OP, `inputShape[${i}]`, size, 1));
  checkType(path === undefined || (typeof path === 'string' && path !== ''), OP, 'path', 'a path', path);
  const isDtype = typeof inputDtype === 'string' && Object.hasOwn(ELEMENT_TYPES, inputDtype);
  checkType(isDtype, OP, 'inputDtype', "'float32', 'int32' or 'int64'", inputDtype);
  checkInteger(OP, 'opset', opset);
  checkRange(opset in IR_VERSION, OP, 'opset', 'an integer from 13 to 26', opset);
  checkBoolean(OP, 'dynamicBatch', dynamicBatch);
  checkRange(
    !dynamicBatch || inputShape.length > 0,
    OP,
    'inputShape',
    'one with a batch dimension',
    inputShape,
  );
  checkNames('inputNames', inputNames);
  checkNames('outputNames', outputNames);
  checkRange(inputNames[0] !== outputNames[0], OP, 'outputNames', 'other than inputNames', outputNames);
  return { inputShape, inputDtype, opset, dynamicBatch, inputNames, outputNames };
}

/** Runs `work` in evaluation mode and puts every module back into its mode. */
function inEvalMode<T>(model: nn.Module, work: () => T): T {
  const modes = model.modules().map((module) => [module, module.training] as const);
  model.eval();
  try {
    return work();
  } finally {
    for (const [module, training] of modes) module.training = training;
  }
}

/** A graph with its input and output. */
interface Traced {
  readonly graph: GraphBuilder;
  readonly input: Value;
  readonly output: Value;
}

function traceOn(
  model: nn.Module,
  sample: Tensor<DType>,
  opset: number,
  names: readonly [string, string],
): Traced {
  const [inputName, outputName] = names;
  const graph = new GraphBuilder(opset, names, [...model.namedParameters(), ...model.namedBuffers()]);
  const input: Value = { name: inputName, sample };
  let output = trace(model, input, graph);
  const last = graph.nodes.at(-1);
  if (last?.output[0] !== output.name) {
    output = { ...output, name: graph.node('Identity', [output.name]) };
  }
  graph.nodes.at(-1)!.output[0] = outputName;
  return { graph, input, output: { ...output, name: outputName } };
}

/** The sizes in a tensor of this export; none in one of floats. */
function sizesOf({ dataType, rawData }: TensorProto): bigint[] {
  return dataType === DataType.INT64 ? [...new BigInt64Array(rawData.slice().buffer)] : [];
}

/** Everything in a graph that does not depend on its input. */
function constantsOf({ graph }: Traced): TensorProto[] {
  const values = graph.nodes.flatMap(({ attribute }) =>
    attribute.flatMap(({ t }) => (t === undefined ? [] : [t])),
  );
  return [...graph.initializers, ...values];
}

/** The constants of `first`, checked against a trace of other numbers, and of another batch where that is dynamic. */
function settle(first: Traced, second: Traced): void {
  const wiring = ({ graph }: Traced): string =>
    JSON.stringify(graph.nodes.map(({ opType, input }) => [opType, input]));
  const others = constantsOf(second);
  if (wiring(first) !== wiring(second) || constantsOf(first).length !== others.length) {
    throw new ArgumentError(
      `[${OP}] expected model to do the same for every input but received one that does not`,
    );
  }
  constantsOf(first).forEach((tensor, i) => {
    const other = others[i]!;
    if (Buffer.compare(tensor.rawData, other.rawData) === 0) return;
    const sizes = sizesOf(tensor);
    const differ = sizesOf(other).flatMap((size, d) => (size === sizes[d] ? [] : [d]));
    if (differ.length !== 1) {
      throw new ArgumentError(
        `[${OP}] expected model to compute everything from its input by recorded functions but received one with a ` +
          'constant that depends on the data or on the size of the batch',
      );
    }
    // The one length of a Reshape that follows the batch is what is left over.
    tensor.rawData = new Uint8Array(BigInt64Array.from(sizes.with(differ[0]!, -1n)).buffer);
  });
}

/** Sizes that differ between two samples of a value are known only when the model runs; `batches` is that of the input. */
function valueInfo(
  name: string,
  samples: readonly [Tensor<DType>, Tensor<DType>],
  batches: readonly (number | undefined)[],
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const [a, b] = samples;
  const dim = a.shape.map((size, i) => {
    if (size === b.shape[i]) return { value: { case: 'dimValue' as const, value: BigInt(size) } };
    const isBatch = size === batches[0] && b.shape[i] === batches[1];
    return isBatch ? { value: { case: 'dimParam' as const, value: 'batch' } } : {};
  });
  const elemType = ELEMENT_TYPES[a.dtype as keyof typeof ELEMENT_TYPES];
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}

/**
 * Writes a model as ONNX, in evaluation mode: what `model.eval()` computes. The model itself is left as it is.
 *
 * The model is run twice, on different numbers, and what it does is written down: nn's modules, and functions between
 * them that ONNX has, such as arithmetic, activations, products, convolutions, pooling, reductions and what moves
 * elements; the error for any other lists them. Weights have the names of the parameters, such as `0.weight`; that of a
 * Linear on other than two dimensions is written transposed.
 *
 * @returns the file, which is at `path` as well where that is given
 * @throws ArgumentError where the model does what cannot be written, ArgumentRangeError, ShapeError where `inputShape`
 *   does not fit the model, and the system's error where `path` cannot be written
 */
export async function exportOnnx(model: nn.Module, options: ExportOptions): Promise<Uint8Array> {
  const {
    inputShape,
    inputDtype: dtype,
    opset,
    dynamicBatch,
    inputNames,
    outputNames,
  } = checkOptions(model, options);
  const bytes = model.parameters().reduce((sum, { size }) => sum + size * 4, 0);
  checkRange(bytes < MAX_WEIGHT_BYTES, OP, 'the weights', 'less than 2 GiB', bytes);

  const names = [inputNames[0]!, outputNames[0]!] as const;
  const wider = dynamicBatch ? inputShape.with(0, inputShape[0]! + 1) : inputShape;
  const { device = defaultDevice() } = [...model.parameters(), ...model.buffers()][0] ?? {};
  const [first, second] = inEvalMode(model, () => [
    traceOn(model, zeros<DType>(inputShape, { dtype, device }), opset, names),
    traceOn(model, ones<DType>(wider, { dtype, device }), opset, names),
  ]) as [Traced, Traced];
  settle(first, second);

  const { graph, input, output } = first;
  const batches = [inputShape[0], wider[0]];
  const file = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(IR_VERSION[opset]!),
      producerName: '@org/lr-onnx',
      opsetImport: [{ domain: '', version: BigInt(opset) }],
      graph: {
        name: 'model',
        node: graph.nodes,
        initializer: graph.initializers,
        input: [valueInfo(input.name, [input.sample, second.input.sample], batches)],
        output: [valueInfo(output.name, [output.sample, second.output.sample], batches)],
      },
    }),
  );
  if (options.path !== undefined) writeFileAtomic(options.path, [file]);
  return file;
}
