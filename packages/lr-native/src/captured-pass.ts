/**
 * A pass over a model as native programs: recorded once for each shape of its inputs (capture.ts), held to what the eager
 * pass gives, and replayed by one call. compileStep and compileForward are two such passes.
 */
import { StateError } from '@org/lr-core';
import { record } from './capture.ts';
import type { Recording } from './capture.ts';
import { hostOf } from './device-array.ts';
import { bytesOf } from './dtype.ts';
import type { ArrayOf, DType, RealArray } from './dtype.ts';
import type { Module } from './nn/module.ts';
import { withoutKeeping } from './pool.ts';
import { defaultGenerator } from './random.ts';
import type { GeneratorState } from './random.ts';
import { Tensor, sameShape } from './tensor.ts';

type Inputs = readonly Tensor<DType>[];
type Gradients = readonly (RealArray | null)[];

/** Programs that are kept, one for each combination of shapes; the least recently used goes first. */
const MAX_PROGRAMS = 8;

export interface PassOptions {
  /** What messages call the pass, and its result. */
  readonly op: string;
  readonly result: string;
  readonly model: Module;
  /** All modules that take part. */
  readonly modules: readonly Module[];
  /** Whether the pass gives the parameters of the model their gradients. */
  readonly trains: boolean;
  /** What each pass begins with, replayed or not. */
  readonly begin: () => void;
  /** What is recorded. */
  readonly run: (inputs: Inputs) => Tensor;
  /** Is told once why the pass cannot be recorded, where that is so. */
  readonly onEager?: (reason: string) => void;
}

/** A pass for one combination of shapes, and what it was recorded with: where any of it has changed, it is stale. */
interface Program {
  readonly inputs: Inputs;
  readonly result: Tensor;
  readonly grads: Gradients;
  readonly recording: Recording;
  readonly modes: readonly boolean[];
  readonly arrays: readonly unknown[];
  readonly frozen: readonly boolean[];
}

/** What a forward pass changes beside gradients. */
interface State {
  readonly buffers: readonly ArrayOf[DType][];
  readonly random: GeneratorState;
}

/**
 * The pass that `options` describe: from its inputs to its result, which belongs to the program and is overwritten by the next
 * pass over inputs of these shapes.
 */
export function capturedPass(options: PassOptions): (...inputs: Tensor<DType>[]) => Tensor {
  const { op, model, modules, trains, begin } = options;
  let { onEager } = options;
  const parameters = model.parameters();
  const buffers = [...model.buffers()];
  let programs: Program[] = [];

  const run = (inputs: Inputs): Tensor => {
    begin();
    return options.run(inputs);
  };
  const gradsNow = (): Gradients => (trains ? parameters.map(({ grad }) => grad) : []);
  const stateNow = (): State => ({
    buffers: buffers.map(({ data }) => data.slice()),
    random: defaultGenerator.getState(),
  });
  const restore = (state: State): void => {
    restoreBuffers(buffers, state.buffers);
    defaultGenerator.setState(state.random);
  };

  const capture = (inputs: Inputs): Program => {
    const own = inputs.map((input) => input.copy());
    const before = stateNow();
    let result!: Tensor;
    const arrays = [...parameters, ...buffers].map(({ data }) => data);
    const recording = record(
      () => (result = run(own)),
      () => [
        ...own.map(({ data }) => data),
        result.data,
        ...arrays,
        ...gradsNow().filter((grad) => grad !== null),
      ],
      own[0]!.data,
    );
    const program: Program = {
      inputs: own,
      result: result.detach(),
      grads: gradsNow(),
      recording,
      modes: modules.map(({ training }) => training),
      arrays,
      frozen: parameters.map(({ requiresGrad }) => requiresGrad),
    };
    if (recording.refusal === null) verify(program, inputs, before);
    else {
      onEager?.(recording.refusal);
      onEager = undefined;
    }
    return program;
  };

  /** The bytes of everything that a pass gives, by name. */
  const resultsOf = (result: Tensor, grads: Gradients): Map<string, Uint8Array> => {
    const arrays: [string, ArrayOf[DType]][] = [[options.result, result.data]];
    const names = model.namedParameters();
    grads.forEach((grad, i) => grad && arrays.push([`the gradient of ${names[i]![0]}`, grad]));
    model.namedBuffers().forEach(([name, { data }]) => arrays.push([name, data]));
    return new Map(arrays.map(([name, array]) => [name, bytesOf(hostOf(array)).slice()]));
  };

  /**
   * Holds the program to the eager pass on other values than it was recorded with: the same, backwards. Ends with the
   * results, and the state, that recording it gave.
   */
  const verify = (program: Program, inputs: Inputs, before: State): void => {
    const after = resultsOf(program.result, program.grads);
    const others = inputs.map(backwards);
    restore(before);
    const eager = resultsOf(run(others), gradsNow());
    for (const [given, expected] of [
      [others, eager],
      [inputs, after],
    ] as const) {
      restore(before);
      replay(program, given);
      for (const [name, bytes] of resultsOf(program.result, program.grads)) {
        if (Buffer.compare(bytes, expected.get(name)!) === 0) continue;
        restore(before);
        throw new StateError(
          `[${op}] expected operations on tensors alone but ${name} differs when they are replayed: ` +
            'what the model or the loss computes in JavaScript, on the data of a tensor, is not recorded',
        );
      }
    }
  };

  const isCurrent = (program: Program): boolean =>
    modules.every(({ training }, i) => training === program.modes[i]) &&
    parameters.every(
      ({ data, requiresGrad }, i) => data === program.arrays[i] && requiresGrad === program.frozen[i],
    ) &&
    buffers.every(({ data }, i) => data === program.arrays[parameters.length + i]);

  const replay = (program: Program, inputs: Inputs): void => {
    begin();
    // Operators alone read floats; indices are checked in JavaScript too, in the recording's own array.
    const isLent = inputs[0]!.dtype === 'float32' && inputs[0]!.device === 'cpu';
    for (let i = isLent ? 1 : 0; i < inputs.length; i++) {
      (program.inputs[i]!.data as Float32Array).set(inputs[i]!.data as Float32Array);
    }
    program.recording.replay((isLent ? inputs : program.inputs)[0]!.data);
    if (trains) parameters.forEach((parameter, i) => (parameter.grad = program.grads[i] as Float32Array));
  };

  // Programs are listed latest first.
  return (...inputs) => {
    const at = programs.findIndex((candidate) => fits(candidate, inputs));
    const found = programs[at];
    if (at >= 0) programs.splice(at, 1);
    if (found !== undefined && isCurrent(found)) {
      programs.unshift(found);
      if (found.recording.refusal !== null) return run(inputs);
      replay(found, inputs);
      return found.result;
    }
    const program = withoutKeeping(() => capture(inputs));
    programs = [program, ...programs].slice(0, MAX_PROGRAMS);
    return program.result;
  };
}

/** Gives buffers the elements that they had. */
export function restoreBuffers(
  buffers: readonly { data: ArrayOf[DType] }[],
  saved: readonly ArrayOf[DType][],
): void {
  buffers.forEach(({ data }, i) => (data as Float32Array).set(saved[i] as Float32Array));
}

function fits(program: Program, inputs: Inputs): boolean {
  return (
    program.inputs.length === inputs.length &&
    program.inputs.every(
      ({ shape, dtype, device }, i) =>
        sameShape(shape, inputs[i]!.shape) && dtype === inputs[i]!.dtype && device === inputs[i]!.device,
    )
  );
}

function backwards(tensor: Tensor<DType>): Tensor<DType> {
  const copy = tensor.copy();
  const values = hostOf(copy.data).reverse();
  if (values !== copy.data) (copy.data as Float32Array).set(values as Float32Array);
  return copy;
}
