/** InferenceModel: models run by onnxruntime. The only file that imports onnxruntime-node. */
import { ShapeError, StateError, checkInteger, checkType, message } from '@org/lr-core';
import { DeviceArray, Tensor, getNumThreads } from '@org/lr-native';
import type { ArrayOf, DType } from '@org/lr-native';
import { InferenceSession, Tensor as OrtTensor, env, listSupportedBackends } from 'onnxruntime-node';
import { readModel } from './read-model.ts';

/** An input or an output of a model. */
export interface ValueInfo {
  readonly name: string;
  /** The element type by onnxruntime's names, such as `float32` and `int64`. */
  readonly type: string;
  /** A string is a size that is known only when the model runs. */
  readonly shape: readonly (number | string)[];
}

export interface InferenceOptions {
  /** What runs the model, most wanted first: `cpu`, and what this build of onnxruntime has besides. Default ['cpu']. */
  executionProviders?: readonly string[];
  /** Threads within an operator. Default: `getNumThreads()`. */
  intraOpNumThreads?: number;
}

/** The version of onnxruntime, and the execution providers that its package brings along. */
export function runtimeInfo(): { version: string; executionProviders: string[] } {
  return {
    version: env.versions.node ?? env.versions.common,
    executionProviders: listSupportedBackends()
      .filter(({ bundled }) => bundled)
      .map(({ name }) => name),
  };
}

/** A tensor, or its data and shape. */
export type TensorInput = Pick<Tensor<DType>, 'data' | 'shape'>;

/** onnxruntime would not load or run a model; its own message is within. */
export class OnnxRuntimeError extends Error {
  override readonly name: string = 'OnnxRuntimeError';
}

function wrap(op: string, what: string, error: unknown): OnnxRuntimeError {
  const reason = error instanceof Error ? error.message : String(error);
  return new OnnxRuntimeError(`[${op}] expected onnxruntime to ${what} but received: ${reason}`, {
    cause: error,
  });
}

const ARRAY_NAMES: Readonly<Record<string, string>> = {
  float32: 'Float32Array',
  float64: 'Float64Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
  uint8: 'Uint8Array',
};

const LOAD = 'InferenceModel.load';
const RUN = 'InferenceModel.run';

/** A model of one input and one output, loaded by onnxruntime. */
export class InferenceModel {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly #session: InferenceSession;
  readonly #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  private constructor(session: InferenceSession) {
    const info = (metadata: readonly InferenceSession.ValueMetadata[]): ValueInfo[] =>
      metadata.map((value) =>
        value.isTensor
          ? { name: value.name, type: value.type, shape: value.shape }
          : { name: value.name, type: 'other', shape: [] },
      );
    this.#session = session;
    this.inputs = info(session.inputMetadata);
    this.outputs = info(session.outputMetadata);
  }

  /**
   * Loads a model, which is checked before onnxruntime sees it.
   *
   * @param pathOrBytes the path of the file, or its bytes; weights in files of their own are found beside a path only
   * @throws ArgumentError, ArgumentRangeError, FileError for a file that cannot be read, is malformed or unsafe,
   *   OnnxRuntimeError where onnxruntime refuses the model
   */
  static async load(
    pathOrBytes: string | Uint8Array,
    options: InferenceOptions = {},
  ): Promise<InferenceModel> {
    const { executionProviders = ['cpu'], intraOpNumThreads = getNumThreads() } = options;
    const areNames =
      Array.isArray(executionProviders) && executionProviders.every((name) => typeof name === 'string');
    checkType(areNames, LOAD, 'executionProviders', 'an array of names', executionProviders);
    checkInteger(LOAD, 'intraOpNumThreads', intraOpNumThreads, 1);
    const { bytes, external } = readModel(LOAD, pathOrBytes);
    try {
      // Only a path tells onnxruntime where external data are; bytes are what was checked.
      const session = await InferenceSession.create((external ? pathOrBytes : bytes) as Uint8Array, {
        executionProviders: [...executionProviders],
        intraOpNumThreads,
        logSeverityLevel: 3,
      });
      return new InferenceModel(session);
    } catch (error) {
      throw wrap(LOAD, 'load the model', error);
    }
  }

  /**
   * Runs the model on one input. The type of the result is the model's: `run<'int64'>` says that to TypeScript.
   *
   * @throws StateError after close(), ArgumentError for another element type than the model's, ShapeError,
   *   OnnxRuntimeError
   */
  async run<D extends DType = 'float32'>(input: TensorInput): Promise<Tensor<D>> {
    if (this.#closed !== null) throw new StateError(`[${RUN}] the model is closed`);
    const feed = this.#feed(input);
    const [{ name }] = this.outputs as readonly [ValueInfo];
    const run = this.#session.run({ [this.inputs[0]!.name]: feed }, [name]);
    this.#running.add(run);
    try {
      const { data, dims } = (await run)[name] as OrtTensor;
      return new Tensor(data as ArrayOf[D], [...dims]);
    } catch (error) {
      throw wrap(RUN, 'run the model', error);
    } finally {
      this.#running.delete(run);
    }
  }

  /** Frees the model, once what runs has ended. A second call does nothing. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#running).then(() => this.#session.release());
    return this.#closed;
  }

  #feed(input: TensorInput): OrtTensor {
    if (this.inputs.length !== 1 || this.outputs.length !== 1) {
      const found = `${this.inputs.length} and ${this.outputs.length}`;
      throw new StateError(
        `[${RUN}] expected a model of one input and one output but received one of ${found}`,
      );
    }
    const { type, shape } = this.inputs[0]!;
    const { shape: given } = input ?? {};
    const held: unknown = input?.data;
    const data = (held instanceof DeviceArray ? held.toTypedArray() : held) as typeof input.data;
    const wanted = ARRAY_NAMES[type];
    const fits = ArrayBuffer.isView(data) && data.constructor.name === wanted;
    checkType(
      fits,
      RUN,
      'input.data',
      wanted === undefined ? `of type ${type}, which no Tensor is,` : `a ${wanted}`,
      data,
    );
    const isShape = Array.isArray(given) && given.every((size) => Number.isSafeInteger(size) && size >= 0);
    checkType(isShape, RUN, 'input.shape', 'an array of integers >= 0', given);
    if (
      given.length !== shape.length ||
      shape.some((size, i) => typeof size === 'number' && size !== given[i])
    ) {
      throw new ShapeError(message(RUN, 'input.shape', `[${shape.join(', ')}]`, given));
    }
    const size = given.reduce((product, length) => product * length, 1);
    if (size !== data.length) {
      throw new ShapeError(message(RUN, 'input.data', `of ${size} elements, as its shape says,`, data));
    }
    return new OrtTensor(type as 'float32', data as Float32Array, given);
  }
}
