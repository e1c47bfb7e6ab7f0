/**
 * The operators: one row a file, named as the ONNX operator. To add one: its file, and its row here. Where several take
 * a module the first one writes it.
 */
import type { Operator } from '../operator.ts';
import { Add } from './Add.ts';
import { AveragePool, AveragePoolOfAdaptive } from './AveragePool.ts';
import { BatchNormalization, BatchNormalization1d, BatchNormalization2d } from './BatchNormalization.ts';
import { Conv } from './Conv.ts';
import { Div } from './Div.ts';
import { Flatten } from './Flatten.ts';
import { Gather } from './Gather.ts';
import { Gelu } from './Gelu.ts';
import { Gemm } from './Gemm.ts';
import { GlobalAveragePool } from './GlobalAveragePool.ts';
import { GroupNormalization } from './GroupNormalization.ts';
import { Identity } from './Identity.ts';
import { LayerNormalization } from './LayerNormalization.ts';
import { LeakyRelu } from './LeakyRelu.ts';
import { LogSoftmax } from './LogSoftmax.ts';
import { MatMul } from './MatMul.ts';
import { MaxPool } from './MaxPool.ts';
import { Mul } from './Mul.ts';
import { Relu } from './Relu.ts';
import { ReshapeOfFlatten, ReshapeOp } from './Reshape.ts';
import { Sigmoid, SigmoidOfSilu } from './Sigmoid.ts';
import { Softmax } from './Softmax.ts';
import { Softplus } from './Softplus.ts';
import { Sub } from './Sub.ts';
import { Tanh } from './Tanh.ts';

export const OPERATORS: readonly Operator[] = [
  Conv,
  Relu,
  LeakyRelu,
  Sigmoid,
  SigmoidOfSilu,
  Softplus,
  Tanh,
  Gelu,
  Softmax,
  LogSoftmax,
  MaxPool,
  GlobalAveragePool,
  AveragePool,
  AveragePoolOfAdaptive,
  BatchNormalization,
  BatchNormalization1d,
  BatchNormalization2d,
  LayerNormalization,
  GroupNormalization,
  Gather,
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
