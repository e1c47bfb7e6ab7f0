/** exportOnnx: from a module to an ONNX file. How each module is written is for ops/. */
import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ArgumentError,
  ArgumentRangeError,
  checkBoolean,
  checkInteger,
  checkRange,
  checkType,
  message,
} from '@org/lr-core';
import { nn, noGrad, writeFileAtomic, zeros } from '@org/lr-native';
import type { DType, Tensor } from '@org/lr-native';
import { GraphBuilder } from './graph-builder.ts';
import type { Operator, Value } from './operator.ts';
import { OPERATORS } from './ops/index.ts';
import { ModelProtoSchema, TensorProto_DataType as DataType } from './proto/onnx_pb.ts';
import type { ValueInfoProtoSchema } from './proto/onnx_pb.ts';

export interface ExportOptions {
  /** The shape of the input, batch included, such as [1, 1, 28, 28]. */
  inputShape: readonly number[];
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
  const { inputShape, path, opset = DEFAULT_OPSET, dynamicBatch = false } = options;
  const { inputNames = ['input'], outputNames = ['output'] } = options;
  checkType(Array.isArray(inputShape), OP, 'inputShape', 'an array of integers >= 1', inputShape);
  inputShape.forEach((size, i) => checkInteger(OP, `inputShape[${i}]`, size, 1));
  checkType(path === undefined || (typeof path === 'string' && path !== ''), OP, 'path', 'a path', path);
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
  return { inputShape, opset, dynamicBatch, inputNames, outputNames };
}

/** Whether `module` does what `row` writes: a subclass with a forward of its own does not. */
function isFor(row: Operator, module: nn.Module, x: Tensor<DType>): boolean {
  const { module: kind, when } = row;
  if (kind === undefined || !(module instanceof kind)) return false;
  return module.forward === kind.prototype.forward && (when === undefined || when(module, x));
}

const supported = (): string =>
  [
    'Sequential',
    ...new Set(OPERATORS.flatMap(({ module }) => (module === undefined ? [] : [module.name]))),
  ].join(', ');

/** Adds `module` on `x` to the graph; its result. */
function write(graph: GraphBuilder, path: string, module: nn.Module, x: Value): Value {
  const name = path === '' ? 'model' : `model.${path}`;
  if (module instanceof nn.Sequential && module.forward === nn.Sequential.prototype.forward) {
    return module
      .namedChildren()
      .reduce((value, [key, child]) => write(graph, path === '' ? key : `${path}.${key}`, child, value), x);
  }
  const row = OPERATORS.find((operator) => isFor(operator, module, x.sample));
  if (row === undefined) {
    throw new ArgumentError(message(OP, name, `one of ${supported()}`, module));
  }
  if (graph.opset < row.sinceOpset) {
    const expectation = `an integer >= ${row.sinceOpset}, which ${name} (${row.opType}) needs,`;
    throw new ArgumentRangeError(message(OP, 'opset', expectation, graph.opset));
  }
  const sample = module.forward(x.sample);
  graph.path = path;
  return { name: row.toNodes!(module, x, graph), sample };
}

/** Runs `work` in evaluation mode, without recording, and puts every module back into its mode. */
function inEvalMode<T>(model: nn.Module, work: () => T): T {
  const modes = model.modules().map((module) => [module, module.training] as const);
  model.eval();
  try {
    return noGrad(work);
  } finally {
    for (const [module, training] of modes) module.training = training;
  }
}

function valueInfo(
  { name, sample }: Value,
  batch: number | null,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = sample.shape.map((size, i) =>
    i === 0 && size === batch
      ? { value: { case: 'dimParam' as const, value: 'batch' } }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } },
  );
  const elemType = sample.dtype === 'int64' ? DataType.INT64 : DataType.FLOAT;
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}

/**
 * Writes a model as ONNX, in evaluation mode: what `model.eval()` computes. The model itself is left as it is.
 *
 * Modules are written by their class, so a model is one of the modules of this library or a Sequential of them. Weights
 * have the names of the parameters, such as `0.weight`, except that a Linear on other than two dimensions is a MatMul and
 * an Add and has its weight transposed.
 *
 * @returns the file, which is at `path` as well where that is given
 * @throws ArgumentError, ArgumentRangeError, ShapeError where `inputShape` does not fit the model, and the system's error
 *   where `path` cannot be written
 */
export async function exportOnnx(model: nn.Module, options: ExportOptions): Promise<Uint8Array> {
  const { inputShape, opset, dynamicBatch, inputNames, outputNames } = checkOptions(model, options);
  const bytes = model.parameters().reduce((sum, { size }) => sum + size * 4, 0);
  checkRange(bytes < MAX_WEIGHT_BYTES, OP, 'the weights', 'less than 2 GiB', bytes);

  const graph = new GraphBuilder(opset, [...inputNames, ...outputNames]);
  const input: Value = { name: inputNames[0]!, sample: zeros(inputShape) };
  let output = inEvalMode(model, () => write(graph, '', model, input));
  const last = graph.nodes.at(-1);
  if (last === undefined) output = { ...output, name: graph.node('Identity', [input.name]) };
  const final = graph.nodes.at(-1)!;
  final.output[0] = outputNames[0]!;

  const batch = dynamicBatch ? inputShape[0]! : null;
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
        input: [valueInfo(input, batch)],
        output: [valueInfo({ name: outputNames[0]!, sample: output.sample }, batch)],
      },
    }),
  );
  if (options.path !== undefined) writeFileAtomic(options.path, [file]);
  return file;
}
