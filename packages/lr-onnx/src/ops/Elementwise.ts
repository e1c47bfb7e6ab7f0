import { F } from '@org/lr-native';
import type { Tensor } from '@org/lr-native';
import type { Operator } from '../operator.ts';

const OF_ONE = {
  abs: 'Abs',
  neg: 'Neg',
  sign: 'Sign',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  reciprocal: 'Reciprocal',
  floor: 'Floor',
  ceil: 'Ceil',
  round: 'Round',
  erf: 'Erf',
  sin: 'Sin',
  cos: 'Cos',
  tan: 'Tan',
  asin: 'Asin',
  acos: 'Acos',
  atan: 'Atan',
  sinh: 'Sinh',
  cosh: 'Cosh',
} as const;

const OF_TWO = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  pow: 'Pow',
  maximum: 'Max',
  minimum: 'Min',
} as const;

function row(name: string, opType: string, compute: (...inputs: Tensor[]) => Tensor): Operator {
  return {
    opType,
    sinceOpset: 12,
    functions: [name],
    functionToNodes: (inputs, _, graph) =>
      graph.node(
        opType,
        inputs.map((input) => input.name),
      ),
    toFunction: () => (inputs) => compute(...inputs),
  };
}

/** Functions that ONNX has by themselves. */
export const ELEMENTWISE: readonly Operator[] = [
  ...Object.entries(OF_ONE).map(([name, opType]) => row(name, opType, F[name as keyof typeof OF_ONE])),
  ...Object.entries(OF_TWO).map(([name, opType]) =>
    row(name, opType, (a, b) => F[name as keyof typeof OF_TWO](a!, b!)),
  ),
];
