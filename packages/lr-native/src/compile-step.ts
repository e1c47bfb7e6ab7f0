/**
 * Training steps captured as native programs: forward pass, loss and backward pass are recorded once for each shape of
 * the inputs (capture.ts) and replayed by one call; the optimizer then steps as always, so that its hyper-parameters are
 * read afresh.
 */
import {
  ArgumentError,
  StateError,
  checkAtLeast,
  checkBoolean,
  checkType,
  clipGradNorm,
  message,
} from '@org/lr-core';
import type { Optimizer } from '@org/lr-core';
import { record } from './capture.ts';
import type { Recording } from './capture.ts';
import { hostOf } from './device-array.ts';
import { DTYPES, bytesOf } from './dtype.ts';
import type { ArrayOf, DType, RealArray } from './dtype.ts';
import { Module } from './nn/module.ts';
import { checkTensor } from './ops/op.ts';
import { defaultGenerator } from './random.ts';
import type { GeneratorState } from './random.ts';
import { Tensor, sameShape } from './tensor.ts';

/** From the output of the model and the target to the loss, a scalar. */
export type LossFunction = (output: Tensor, target: Tensor) => Tensor;

export interface CompileStepOptions {
  model: Module;
  /** A module, such as `new nn.CrossEntropyLoss()`, or a function of tensors. */
  loss: Module | LossFunction;
  /** Steps the parameters of the model, any of lr-core's that need no closure. */
  optimizer: Optimizer;
  /** The largest norm of all gradients, to which they are scaled before the step; default: not clipped. */
  clipGradNorm?: number;
  /** Leaves out a step whose loss is NaN or infinite: of the run it changes the random stream alone; default false. */
  skipNonfinite?: boolean;
  /** Is told once why the step cannot be recorded, where that is so. */
  onEager?: (reason: string) => void;
}

/** One training step on a batch. @returns the loss before the step */
export type CompiledStep = (x: Tensor<DType>, target: Tensor<DType>) => number;

/** Programs that are kept, one for each combination of shapes; the least recently used goes first. */
const MAX_PROGRAMS = 8;

/** A step for one combination of shapes, and what it was recorded with: where any of it has changed, it is stale. */
interface Program {
  readonly x: Tensor<DType>;
  readonly target: Tensor<DType>;
  readonly loss: Tensor;
  readonly grads: readonly (RealArray | null)[];
  readonly recording: Recording;
  readonly modes: readonly boolean[];
  readonly arrays: readonly unknown[];
  readonly frozen: readonly boolean[];
}

/**
 * A training step of `model` as one native program: what
 *
 * ```ts
 * optimizer.zeroGrad();
 * const value = loss(model.forward(x), target);
 * value.backward();
 * clipGradNorm(model.parameters(), maxNorm); // where asked for
 * optimizer.step();
 * ```
 *
 * does, with the same bits, without its overhead. The first call with a new shape runs the step, records it and
 * replays it to see that it gives what the eager step gives; later calls replay it: model code in JavaScript does not run
 * again, so it may not depend on values. Learning rates and other options of the optimizer, random numbers of dropout,
 * running statistics and the checks of targets are as in the eager step. After `train()` or `eval()`, after freezing
 * parameters or replacing their arrays the step is recorded anew; after adding modules, make a new one. A model with hooks, or that
 * cannot be recorded (batch norm with momentum null), runs eagerly; `onEager` is told why.
 *
 * @example
 * const step = compileStep({ model, loss: new nn.CrossEntropyLoss(), optimizer });
 * for (const [x, target] of loader) console.log(step(x, target));
 * @throws ArgumentError, ArgumentRangeError; StateError where the step computes something in JavaScript
 *   that a recording does not repeat
 */
export function compileStep(options: CompileStepOptions): CompiledStep {
  const { model, loss, optimizer, clipGradNorm: maxNorm, skipNonfinite = false } = options;
  let { onEager } = options;
  checkType(model instanceof Module, 'compileStep', 'model', 'a Module', model);
  const isLoss = loss instanceof Module || typeof loss === 'function';
  checkType(isLoss, 'compileStep', 'loss', 'a Module or a function', loss);
  const isOptimizer = typeof (optimizer as Partial<Optimizer> | null)?.step === 'function';
  checkType(isOptimizer, 'compileStep', 'optimizer', 'an Optimizer', optimizer);
  if (maxNorm !== undefined) checkAtLeast('compileStep', 'clipGradNorm', maxNorm, 0);
  checkBoolean('compileStep', 'skipNonfinite', skipNonfinite);
  const isCallback = onEager === undefined || typeof onEager === 'function';
  checkType(isCallback, 'compileStep', 'onEager', 'a function', onEager);

  const lossOf: LossFunction =
    loss instanceof Module ? (output, target) => loss.forward(output, target) as Tensor : loss;
  const modules = [...model.modules(), ...(loss instanceof Module ? loss.modules() : [])];
  const parameters = model.parameters();
  const buffers = [...model.buffers()];
  let programs: Program[] = [];

  /** Forward and backward. */
  const run = (x: Tensor<DType>, target: Tensor<DType>): Tensor => {
    optimizer.zeroGrad();
    const value = lossOf(model.forward(x as Tensor) as Tensor, target as Tensor);
    const isScalar = value instanceof Tensor && value.data.length === 1;
    if (!isScalar) throw new ArgumentError(message('compileStep', 'the loss', 'a scalar Tensor', value));
    value.backward();
    return value;
  };

  const capture = (x: Tensor<DType>, target: Tensor<DType>): Program => {
    const own = { x: x.copy(), target: target.copy() };
    const before = stateNow();
    let value!: Tensor;
    const arrays = [...parameters, ...buffers].map(({ data }) => data);
    const grads = (): Program['grads'] => parameters.map(({ grad }) => grad);
    const recording = record(
      () => (value = run(own.x, own.target)),
      () =>
        [own.x, own.target, value]
          .map(({ data }) => data)
          .concat(
            arrays,
            grads().filter((grad) => grad !== null),
          ),
      own.x.data,
    );
    const program: Program = {
      ...own,
      loss: value.detach(),
      grads: grads(),
      recording,
      modes: modules.map(({ training }) => training),
      arrays,
      frozen: parameters.map(({ requiresGrad }) => requiresGrad),
    };
    if (recording.refusal === null) verify(program, x, target, before);
    else {
      onEager?.(recording.refusal);
      onEager = undefined;
    }
    return program;
  };

  /** What a forward pass changes beside gradients: buffers and the random stream. */
  const stateNow = (): { buffers: readonly ArrayOf[DType][]; random: GeneratorState } => ({
    buffers: buffers.map(({ data }) => data.slice()),
    random: defaultGenerator.getState(),
  });
  const restoreBuffers = (saved: readonly ArrayOf[DType][]): void =>
    buffers.forEach(({ data }, i) => (data as Float32Array).set(saved[i] as Float32Array));
  const restore = (state: ReturnType<typeof stateNow>): void => {
    restoreBuffers(state.buffers);
    defaultGenerator.setState(state.random);
  };

  /** The bytes of everything that a pass gives, by name. */
  const resultsOf = (loss: Tensor, grads: Program['grads']): Map<string, Uint8Array> => {
    const arrays: [string, ArrayOf[DType]][] = [['the loss', loss.data]];
    const names = model.namedParameters();
    grads.forEach((grad, i) => grad && arrays.push([`the gradient of ${names[i]![0]}`, grad]));
    model.namedBuffers().forEach(([name, { data }]) => arrays.push([name, data]));
    return new Map(arrays.map(([name, array]) => [name, bytesOf(hostOf(array)).slice()]));
  };

  /**
   * Holds the program to the eager pass on other values than it was recorded with: the same, backwards. Ends with the
   * results, and the state, that recording it gave.
   */
  const verify = (
    program: Program,
    x: Tensor<DType>,
    target: Tensor<DType>,
    before: ReturnType<typeof stateNow>,
  ): void => {
    const after = resultsOf(program.loss, program.grads);
    const backwards = (tensor: Tensor<DType>): Tensor<DType> => {
      const copy = tensor.copy();
      const values = hostOf(copy.data).reverse();
      if (values !== copy.data) (copy.data as Float32Array).set(values as Float32Array);
      return copy;
    };
    const other = { x: backwards(x), target: backwards(target) };
    restore(before);
    const eager = resultsOf(
      run(other.x, other.target),
      parameters.map(({ grad }) => grad),
    );
    for (const [inputs, expected] of [
      [other, eager],
      [{ x, target }, after],
    ] as const) {
      restore(before);
      replay(program, inputs.x, inputs.target);
      for (const [name, bytes] of resultsOf(program.loss, program.grads)) {
        if (Buffer.compare(bytes, expected.get(name)!) === 0) continue;
        restore(before);
        throw new StateError(
          `[compileStep] expected a step of operations on tensors but ${name} differs when the step is replayed: ` +
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

  const fits = (program: Program, x: Tensor<DType>, target: Tensor<DType>): boolean =>
    sameShape(program.x.shape, x.shape) &&
    sameShape(program.target.shape, target.shape) &&
    program.x.dtype === x.dtype &&
    program.target.dtype === target.dtype &&
    program.x.device === x.device &&
    program.target.device === target.device;

  const replay = (program: Program, x: Tensor<DType>, target: Tensor<DType>): void => {
    optimizer.zeroGrad();
    (program.target.data as Float32Array).set(target.data as Float32Array);
    // Operators alone read floats; indices are checked in JavaScript too, in the recording's own array.
    const isLent = x.dtype === 'float32' && x.device === 'cpu';
    if (!isLent) (program.x.data as Float32Array).set(x.data as Float32Array);
    program.recording.replay(isLent ? x.data : program.x.data);
    parameters.forEach((parameter, i) => (parameter.grad = program.grads[i] as Float32Array | null));
  };

  /** Forward and backward, by the program of these shapes where there is one. Programs are listed latest first. */
  const gradients = (x: Tensor<DType>, target: Tensor<DType>): Tensor => {
    const at = programs.findIndex((candidate) => fits(candidate, x, target));
    const found = programs[at];
    if (at >= 0) programs.splice(at, 1);
    if (found !== undefined && isCurrent(found)) {
      programs.unshift(found);
      if (found.recording.refusal !== null) return run(x, target);
      replay(found, x, target);
      return found.loss;
    }
    const program = capture(x, target);
    programs = [program, ...programs].slice(0, MAX_PROGRAMS);
    return program.loss;
  };

  return (x, target) => {
    checkTensor('compileStep', 'x', x, DTYPES);
    checkTensor('compileStep', 'target', target, DTYPES);
    const before = skipNonfinite ? buffers.map(({ data }) => data.slice()) : [];
    const value = gradients(x, target).item();
    if (skipNonfinite && !Number.isFinite(value)) {
      restoreBuffers(before);
      return value;
    }
    if (maxNorm !== undefined) clipGradNorm(parameters, maxNorm);
    optimizer.step();
    return value;
  };
}
