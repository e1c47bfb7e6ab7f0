/** The public names of @org/lr-onnx. */
export { exportOnnx } from './export.ts';
export type { ExportOptions } from './export.ts';
export { importOnnx } from './import.ts';
export { OnnxGraph } from './onnx-graph.ts';
export { BatchNorm } from './ops/BatchNormalization.ts';
export { Reshape } from './ops/Reshape.ts';
export { InferenceModel, OnnxRuntimeError, runtimeInfo } from './session.ts';
export type { InferenceOptions, TensorInput, ValueInfo } from './session.ts';
