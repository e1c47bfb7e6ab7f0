/** The public names of @org/lr-native. Importing it loads the addon and selects its optimizer kernels. */
import './step-kernels.ts';
import './profile/environment.ts';

export { AddonLoadError, addon } from './addon.ts';
export type { Addon, ConvAlgorithm, CpuInfo, Reduction } from './addon-types.ts';
export { AnomalyError, detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from './anomaly.ts';
export type { AnomalyOptions } from './anomaly.ts';
export { enableGrad, isGradEnabled, noGrad } from './autograd.ts';
export * from './checkpoint/index.ts';
export { compileForward } from './compile-forward.ts';
export type { CompileForwardOptions, CompiledForward } from './compile-forward.ts';
export { compileStep } from './compile-step.ts';
export type { CompileStepOptions, CompiledStep, LossFunction } from './compile-step.ts';
export * from './creation.ts';
export * from './data/index.ts';
export { DeviceArray } from './device-array.ts';
export type { StoredDType } from './device-array.ts';
export {
  DeviceError,
  cudaEmptyCache,
  cudaInfo,
  cudaMemoryStats,
  cudaSynchronize,
  defaultDevice,
  device,
  setCudaPrecision,
} from './device.ts';
export type { CudaInfo, CudaPrecision, Device, MemoryStats } from './device.ts';
export type { ArrayOf, DType, IndexDType, RealDType } from './dtype.ts';
export { FileError, cleanTemporaries, readWholeFile, syncFolder, writeFileAtomic } from './file.ts';
export { Function } from './function.ts';
export type { FunctionContext } from './function.ts';
export { grad } from './grad.ts';
export type { GradOptions } from './grad.ts';
export * from './grad-check.ts';
export type { RemovableHandle, TensorHook } from './hooks.ts';
export * as init from './init.ts';
export * as nn from './nn/index.ts';
export * from './ops/index.ts';
export { profile } from './profile/profile.ts';
export type {
  ChromeTrace,
  PhaseName,
  Profile,
  ProfileOptions,
  ProfileRow,
  TraceEvent,
} from './profile/profile.ts';
export * as F from './ops/index.ts';
export * as functional from './ops/index.ts';
export { Generator, defaultGenerator, manualSeed } from './random.ts';
export type { GeneratorState } from './random.ts';
export { loadSafetensors, parseSafetensors, readSafetensors, saveSafetensors } from './safetensors.ts';
export type { SafetensorsFile } from './safetensors.ts';
export * from './sampling.ts';
export { Tensor, fromTypedArray, tensor } from './tensor.ts';
export type { BackwardOptions, Nested, Operand, TensorJson, TensorOptions } from './tensor.ts';
export * from './threads.ts';
