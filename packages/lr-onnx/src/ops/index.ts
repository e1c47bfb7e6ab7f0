/**
 * The operators: one row a file, named as the ONNX operator. To add one: its file, and its row here. Where several take
 * a module the first one writes it.
 */
import type { Operator } from '../operator.ts';
import { Add } from './Add.ts';
import { Conv } from './Conv.ts';
import { Div } from './Div.ts';
import { Flatten } from './Flatten.ts';
import { Gelu } from './Gelu.ts';
import { Gemm } from './Gemm.ts';
import { Identity } from './Identity.ts';
import { LogSoftmax } from './LogSoftmax.ts';
import { MatMul } from './MatMul.ts';
import { MaxPool } from './MaxPool.ts';
import { Mul } from './Mul.ts';
import { Relu } from './Relu.ts';
import { ReshapeOfFlatten, ReshapeOp } from './Reshape.ts';
import { Sigmoid } from './Sigmoid.ts';
import { Softmax } from './Softmax.ts';
import { Sub } from './Sub.ts';
import { Tanh } from './Tanh.ts';

export const OPERATORS: readonly Operator[] = [
  Conv,
  Relu,
  Sigmoid,
  Tanh,
  Gelu,
  Softmax,
  LogSoftmax,
  MaxPool,
  Flatten,
  ReshapeOfFlatten,
  ReshapeOp,
  Gemm,
  MatMul,
  Add,
  Sub,
  Mul,
  Div,
  Identity,
];
