/** Padding of windows, which ONNX gives for each side and PyTorch's modules for each dimension. */
import type { ImportedNode } from './imported-node.ts';

/** [height, width] of pads that are the same before and after. */
export function readPads(node: ImportedNode, pads: readonly number[]): [number, number] {
  const [top, left, bottom, right] = pads;
  if (pads.length !== 4 || top !== bottom || left !== right) {
    return node.fail('have the same padding on both sides', `pads [${pads.join(', ')}]`);
  }
  return [top!, left!];
}
