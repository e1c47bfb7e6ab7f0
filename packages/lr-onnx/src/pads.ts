/** Padding of windows, which ONNX gives for each side and PyTorch's modules for each dimension. */
import type { DType, Tensor } from '@org/lr-native';
import type { ImportedNode } from './imported-node.ts';

/** [height, width] of pads that are the same before and after. */
export function readPads(node: ImportedNode, pads: readonly number[]): [number, number] {
  const [top, left, bottom, right] = pads;
  if (pads.length !== 4 || top !== bottom || left !== right) {
    return node.fail('have the same padding on both sides', `pads [${pads.join(', ')}]`);
  }
  return [top!, left!];
}

/** Of images, or of signals. */
export interface CeilWindow {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
}

/**
 * Whether ceilMode adds windows to those of `x` (N, C, …). Where it does not it is not written: a last window that
 * would begin behind the image is none in PyTorch and onnxruntime, but one in ONNX's shape inference.
 */
export function addsWindows(
  { kernelSize, stride, padding, dilation, ceilMode }: CeilWindow,
  x: Tensor<DType>,
): boolean {
  return (
    ceilMode &&
    kernelSize.some((kernel, axis) => {
      const length = x.shape.at(axis - kernelSize.length)! + 2 * padding[axis]!;
      const span = length - dilation[axis]! * (kernel - 1) - 1;
      const rest = span % stride[axis]!;
      const begin = span - rest + stride[axis]!;
      return rest !== 0 && begin < length - padding[axis]!;
    })
  );
}
