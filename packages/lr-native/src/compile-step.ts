/**
 * Training steps captured as native programs: forward pass, loss and backward pass are replayed by one call
 * (captured-pass.ts); the optimizer then steps as always, so that its hyper-parameters are read afresh.
 */
import { ArgumentError, checkAtLeast, checkBoolean, checkType, clipGradNorm, message } from '@org/lr-core';
import type { Optimizer } from '@org/lr-core';
import { capturedPass, restoreBuffers } from './captured-pass.ts';
import { DTYPES } from './dtype.ts';
import type { DType } from './dtype.ts';
import { Module } from './nn/module.ts';
import { checkTensor } from './ops/op.ts';
import { Tensor } from './tensor.ts';

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
  const { model, loss, optimizer, clipGradNorm: maxNorm, skipNonfinite = false, onEager } = options;
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
  const parameters = model.parameters();
  const buffers = [...model.buffers()];
  const gradients = capturedPass({
    op: 'compileStep',
    result: 'the loss',
    model,
    modules: [...model.modules(), ...(loss instanceof Module ? loss.modules() : [])],
    trains: true,
    begin: () => optimizer.zeroGrad(),
    run: ([x, target]) => {
      const value = lossOf(model.forward(x as Tensor) as Tensor, target as Tensor);
      const isScalar = value instanceof Tensor && value.data.length === 1;
      if (!isScalar) throw new ArgumentError(message('compileStep', 'the loss', 'a scalar Tensor', value));
      value.backward();
      return value;
    },
    onEager,
  });

  return (x, target) => {
    checkTensor('compileStep', 'x', x, DTYPES);
    checkTensor('compileStep', 'target', target, DTYPES);
    const before = skipNonfinite ? buffers.map(({ data }) => data.slice()) : [];
    const value = gradients(x, target).item();
    if (skipNonfinite && !Number.isFinite(value)) {
      restoreBuffers(buffers, before);
      return value;
    }
    if (maxNorm !== undefined) clipGradNorm(parameters, maxNorm);
    optimizer.step();
    return value;
  };
}
