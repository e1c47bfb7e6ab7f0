/** Padding of windows, which ONNX gives for each side and PyTorch's modules for each dimension. */
import type { DType, Tensor, nn } from '@org/lr-native';
import type { ImportedNode } from './imported-node.ts';

/** [height, width] of pads that are the same before and after. */
export function readPads(node: ImportedNode, pads: readonly number[]): [number, number] {
  const [top, left, bottom, right] = pads;
  if (pads.length !== 4 || top !== bottom || left !== right) {
    return node.fail('have the same padding on both sides', `pads [${pads.join(', ')}]`);
  }
  return [top!, left!];
}

type CeilWindow = Pick<nn.MaxPool2d, 'kernelSize' | 'stride' | 'padding' | 'dilation' | 'ceilMode'>;

/**
 * Whether ceilMode adds windows to those of `x` (N, C, H, W). Where it does not it is not written: a last window that
 * would begin behind the image is none in PyTorch and onnxruntime, but one in ONNX's shape inference.
 */
export function addsWindows(
  { kernelSize, stride, padding, dilation, ceilMode }: CeilWindow,
  x: Tensor<DType>,
): boolean {
  return (
    ceilMode &&
    [0, 1].some((axis) => {
      const length = x.shape.at(axis - 2)! + 2 * padding[axis]!;
      const span = length - dilation[axis]! * (kernelSize[axis]! - 1) - 1;
      const rest = span % stride[axis]!;
      const begin = span - rest + stride[axis]!;
      return rest !== 0 && begin < length - padding[axis]!;
    })
  );
}
