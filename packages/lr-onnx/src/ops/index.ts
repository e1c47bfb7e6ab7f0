/**
 * The operators: one row a file, named as the ONNX operator. To add one: its file, and its row here. Where several take
 * a module the first one writes it.
 */
import type { Operator } from '../operator.ts';
import { AveragePool, AveragePoolOfAdaptive } from './AveragePool.ts';
import {
  BatchNormalization,
  BatchNormalization1d,
  BatchNormalization2d,
  BatchNormalization3d,
} from './BatchNormalization.ts';
import { Celu } from './Celu.ts';
import { Clip } from './Clip.ts';
import { Col2Im } from './Col2Im.ts';
import { Concat } from './Concat.ts';
import { Conv } from './Conv.ts';
import { ConvTranspose, ConvTransposeOfFunctions } from './ConvTranspose.ts';
import { ELEMENTWISE } from './Elementwise.ts';
import { Elu } from './Elu.ts';
import { Flatten } from './Flatten.ts';
import { Gather } from './Gather.ts';
import { Gelu } from './Gelu.ts';
import { Gemm } from './Gemm.ts';
import { GlobalAveragePool } from './GlobalAveragePool.ts';
import { GroupNormalization } from './GroupNormalization.ts';
import { HardSigmoid, HardSwish } from './HardSigmoid.ts';
import { Identity } from './Identity.ts';
import { InstanceNormalization1d, InstanceNormalization2d } from './InstanceNormalization.ts';
import { LayerNormalization } from './LayerNormalization.ts';
import { LeakyRelu } from './LeakyRelu.ts';
import { LogSoftmax } from './LogSoftmax.ts';
import { MatMul } from './MatMul.ts';
import { MaxPool, MaxPoolOfAdaptive } from './MaxPool.ts';
import { Mish } from './Mish.ts';
import { PRelu } from './PRelu.ts';
import { Pad } from './Pad.ts';
import { REDUCE } from './Reduce.ts';
import { RMSNorm } from './RMSNorm.ts';
import { Relu } from './Relu.ts';
import { ReshapeOfFlatten, ReshapeOp } from './Reshape.ts';
import { Resize } from './Resize.ts';
import { Selu } from './Selu.ts';
import { Shrink } from './Shrink.ts';
import { Sigmoid, SigmoidOfSilu } from './Sigmoid.ts';
import { Slice } from './Slice.ts';
import { Softmax } from './Softmax.ts';
import { Softplus, SoftplusOfLogSigmoid } from './Softplus.ts';
import { Softsign } from './Softsign.ts';
import { Tanh, TanhOfShrink } from './Tanh.ts';
import { Transpose } from './Transpose.ts';
import { Where } from './Where.ts';

export const OPERATORS: readonly Operator[] = [
  Conv,
  ConvTranspose,
  ConvTransposeOfFunctions,
  Relu,
  LeakyRelu,
  PRelu,
  Elu,
  Celu,
  Selu,
  Mish,
  Sigmoid,
  SigmoidOfSilu,
  HardSigmoid,
  HardSwish,
  Softplus,
  SoftplusOfLogSigmoid,
  Softsign,
  Tanh,
  TanhOfShrink,
  Shrink,
  Where,
  Clip,
  Gelu,
  Softmax,
  LogSoftmax,
  MaxPool,
  MaxPoolOfAdaptive,
  GlobalAveragePool,
  AveragePool,
  AveragePoolOfAdaptive,
  Resize,
  Pad,
  Col2Im,
  BatchNormalization,
  BatchNormalization1d,
  BatchNormalization2d,
  BatchNormalization3d,
  InstanceNormalization1d,
  InstanceNormalization2d,
  LayerNormalization,
  GroupNormalization,
  RMSNorm,
  Gather,
  Flatten,
  ReshapeOfFlatten,
  ReshapeOp,
  Transpose,
  Concat,
  Slice,
  Gemm,
  MatMul,
  ...ELEMENTWISE,
  ...REDUCE,
  Identity,
];
