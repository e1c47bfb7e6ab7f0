/** Convolutions, pooling, resampling and windows with every option. */
import { F } from '../../src/index.ts';
import { row } from './rows.ts';
import type { Row } from './rows.ts';

export const WINDOWS: readonly Row[] = [
  row('conv1d', '2,2,5 3,2,3 3', (x, w, b) => F.conv1d(x, w, b, { stride: 2, padding: 1 })),
  row('conv1d', '2,4 1,2,2', (x, w) => F.conv1d(x, w, null, { padding: 'same', dilation: 2 })),
  row('conv1d', '1,4,5 4,2,3', (x, w) => F.conv1d(x, w, null, { groups: 2, padding: 'valid' })),
  row('conv2d', '2,2,4,3 3,2,3,2 3', (x, w, b) => F.conv2d(x, w, b)),
  row('conv2d', '1,2,5,4 2,2,3,2', (x, w) => F.conv2d(x, w, null, { stride: [2, 1], padding: [1, 0] })),
  row('conv2d', '1,4,4,4 4,2,2,2 4', (x, w, b) => F.conv2d(x, w, b, { groups: 2, padding: 'same' })),
  row('conv2d', '1,2,5,5 2,1,2,2', (x, w) => F.conv2d(x, w, null, { groups: 2, dilation: [2, 3] })),
  row('conv2d', '2,3,3 2,2,2,2', (x, w) => F.conv2d(x, w, null, { padding: 'valid' })),
  row('convTranspose1d', '2,4,3 4,2,3 4', (x, w, b) =>
    F.convTranspose1d(x, w, b, { stride: 2, padding: 1, groups: 2 }),
  ),
  row('convTranspose1d', '2,3 2,1,2', (x, w) =>
    F.convTranspose1d(x, w, null, { stride: 3, outputPadding: 2 }),
  ),
  row('convTranspose2d', '1,2,2,3 2,3,2,2 3', (x, w, b) =>
    F.convTranspose2d(x, w, b, { stride: 2, outputPadding: 1, dilation: 2 }),
  ),
  row('convTranspose2d', '1,4,2,2 4,1,3,3', (x, w) =>
    F.convTranspose2d(x, w, null, { padding: 1, groups: 4 }),
  ),
  row('maxPool1d', '2,7', (x) => F.maxPool1d(x, { kernelSize: 3, stride: 2, padding: 1 })),
  row('maxPool1d', '1,2,8', (x) => F.maxPool1d(x, { kernelSize: 3, dilation: 2, ceilMode: true })),
  row('maxPool2d', '2,4,5', (x) => F.maxPool2d(x, { kernelSize: 2 })),
  row('maxPool2d', '1,2,6,5', (x) =>
    F.maxPool2d(x, { kernelSize: [3, 2], stride: 2, padding: 1, ceilMode: true }),
  ),
  row('maxPool2d', '1,1,6,6', (x) => F.maxPool2d(x, { kernelSize: 2, stride: 1, dilation: [3, 2] })),
  row('maxPool2d', '2,4,4', (x) => F.maxPool2d(x, { kernelSize: 2, returnIndices: true })[0]),
  row('maxUnpool2d', '1,4,4 1,2,2', (x, pooled) =>
    F.maxUnpool2d(pooled, F.maxPool2d(x.detach(), { kernelSize: 2, returnIndices: true })[1], {
      kernelSize: 2,
    }),
  ),
  row('avgPool1d', '2,8', (x) => F.avgPool1d(x, { kernelSize: 3, stride: 2, ceilMode: true })),
  row('avgPool1d', '2,8', (x) => F.avgPool1d(x, { kernelSize: 3, padding: 1, countIncludePad: false })),
  row('avgPool2d', '2,4,5', (x) => F.avgPool2d(x, { kernelSize: 3, padding: 1, countIncludePad: false })),
  row('avgPool2d', '1,2,4,5', (x) =>
    F.avgPool2d(x, { kernelSize: [2, 3], stride: [1, 2], divisorOverride: 5 }),
  ),
  row('avgPool2d', '2,5,5', (x) => F.avgPool2d(x, { kernelSize: 2, padding: 1, ceilMode: true })),
  row('lpPool1d', '2,7', (x) => F.lpPool1d(x, { normType: 2, kernelSize: 3 })),
  row('lpPool2d', '2,4,5', (x) => F.lpPool2d(x, { normType: 2, kernelSize: 2 })),
  row('lpPool2d', '2,5,5', (x) =>
    F.lpPool2d(x, { normType: 3, kernelSize: [2, 3], stride: 2, ceilMode: true }),
  ),
  row('adaptiveAvgPool1d', '2,7', (x) => F.adaptiveAvgPool1d(x, { outputSize: 3 })),
  row('adaptiveAvgPool2d', '2,5,4', (x) => F.adaptiveAvgPool2d(x, { outputSize: [2, 3] })),
  row('adaptiveAvgPool2d', '2,5,4', (x) => F.adaptiveAvgPool2d(x, { outputSize: [null, 2] })),
  row('adaptiveMaxPool1d', '2,7', (x) => F.adaptiveMaxPool1d(x, { outputSize: 3 })),
  row('adaptiveMaxPool2d', '2,5,4', (x) => F.adaptiveMaxPool2d(x, { outputSize: [2, 3] })),
  ...(['nearest', 'nearest-exact', 'area', 'bilinear', 'bicubic'] as const).flatMap((mode) => [
    row('interpolate', '1,2,4,5', (x) => F.interpolate(x, { size: [3, 7], mode })),
    row('interpolate', '1,2,3,3', (x) => F.interpolate(x, { scaleFactor: [2, 1.5], mode })),
  ]),
  row('interpolate', '1,1,4,3', (x) => F.interpolate(x, { size: 5, mode: 'bicubic', alignCorners: true })),
  row('interpolate', '1,1,4,3', (x) => F.interpolate(x, { size: 5, mode: 'bilinear', alignCorners: true })),
  row('interpolate', '1,2,5', (x) => F.interpolate(x, { size: 8, mode: 'linear' })),
  row('interpolate', '1,2,5', (x) => F.interpolate(x, { size: 8, mode: 'linear', alignCorners: true })),
  row('unfold', '2,3,4', (x) => F.unfold(x, { kernelSize: 2, padding: 1 })),
  row('unfold', '1,1,5,5', (x) => F.unfold(x, { kernelSize: [2, 3], stride: 2, dilation: [2, 1] })),
  row('fold', '4,6', (x) => F.fold(x, { kernelSize: 2, outputSize: [3, 4] })),
  row('fold', '1,4,6', (x) => F.fold(x, { kernelSize: 2, outputSize: [3, 5], stride: 2, padding: 1 })),
];
