/** Forward passes captured as native programs (captured-pass.ts). */
import { ArgumentError, checkType, message } from '@org/lr-core';
import { noGrad } from './autograd.ts';
import { refuseCapture } from './capture.ts';
import { capturedPass } from './captured-pass.ts';
import { DTYPES } from './dtype.ts';
import type { DType } from './dtype.ts';
import { Module } from './nn/module.ts';
import { checkTensor } from './ops/op.ts';
import { Tensor } from './tensor.ts';

export interface CompileForwardOptions {
  /** Is told once why the pass cannot be recorded, where that is so. */
  onEager?: (reason: string) => void;
}

/** The output of a model for its inputs, each time in a new tensor. */
export type CompiledForward = (...inputs: Tensor<DType>[]) => Tensor;

/**
 * `noGrad(() => model.forward(...inputs))` as one native program, with the same bits, without its overhead: for inference,
 * and validation between the steps of training. What its inputs' shapes, `train()`, `eval()` and parameters mean to it, it shares with
 * compileStep: the first call with a new shape records the pass, later ones replay it, without running the model's
 * JavaScript; weights are read afresh. The model gives one float32 tensor.
 *
 * @example
 * const predict = compileForward(model.eval());
 * const classes = predict(x).argmax(1);
 * @throws ArgumentError; StateError where the model computes something in JavaScript that a recording does not repeat
 */
export function compileForward(model: Module, options: CompileForwardOptions = {}): CompiledForward {
  checkType(model instanceof Module, 'compileForward', 'model', 'a Module', model);
  const { onEager } = options;
  const isCallback = onEager === undefined || typeof onEager === 'function';
  checkType(isCallback, 'compileForward', 'onEager', 'a function', onEager);

  const pass = capturedPass({
    op: 'compileForward',
    result: 'the output',
    model,
    modules: [...model.modules()],
    trains: false,
    begin: () => undefined,
    run: (inputs) => {
      const output: unknown = noGrad(() => model.forward(...inputs) as unknown);
      const isOne = output instanceof Tensor && output.dtype === 'float32';
      if (!isOne)
        throw new ArgumentError(message('compileForward', 'the output', 'a float32 Tensor', output));
      if (inputs.some(({ data }) => data === output.data)) refuseCapture('the output is an input');
      return output as Tensor;
    },
    onEager,
  });
  return (...inputs) => {
    checkType(inputs.length > 0, 'compileForward', 'inputs', 'one Tensor at least', inputs);
    inputs.forEach((input, i) => checkTensor('compileForward', `inputs[${i}]`, input, DTYPES));
    return pass(...inputs).copy();
  };
}
