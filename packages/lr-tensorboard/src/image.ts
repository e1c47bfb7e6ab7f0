/** Images as torch.utils.tensorboard makes them: floats in [0, 1] or bytes, to 8-bit RGB or RGBA. */
import { ShapeError, checkType, message } from '@org/lr-core';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { onHost } from './on-host.ts';
import { encodePng } from './png.ts';
import type { Channels } from './png.ts';
import type { Summary_ImageSchema } from './proto/tensorboard_pb.ts';

/** A Tensor, or anything that has its data and shape. Bytes are taken as 0…255, other numbers as 0…1 and clipped. */
export interface ImageLike {
  readonly data: unknown;
  readonly shape: readonly number[];
}

export interface ImageOptions {
  /** The order of the dimensions, a permutation of `'CHW'`, or of `'HW'` for a grey image. Default `'CHW'`. */
  dataformats?: string;
}

const OP = 'addImage';
const MAX_PIXELS = 1 << 28;

/** Height, width and channels, each with the distance between neighbours in the data. */
function layout(shape: readonly number[], dataformats: string): { size: number[]; stride: number[] } {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));
  const axes = [...'HWC'].map((letter) => dataformats.indexOf(letter));
  return {
    size: axes.map((axis) => (axis < 0 ? 1 : shape[axis]!)),
    stride: axes.map((axis) => (axis < 0 ? 0 : strides[axis]!)),
  };
}

/** One channel becomes three equal ones; 3 are RGB and 4 RGBA. */
export function makeImage(
  image: ImageLike,
  { dataformats = 'CHW' }: ImageOptions = {},
): MessageInitShape<typeof Summary_ImageSchema> {
  const { shape } = image ?? {};
  const data = onHost(image?.data);
  checkType(
    (ArrayBuffer.isView(data) && !(data instanceof DataView)) || Array.isArray(data),
    OP,
    'image.data',
    'a typed array',
    data,
  );
  checkType(Array.isArray(shape), OP, 'image.shape', 'an array', shape);
  const order = String(dataformats).toUpperCase();
  const sorted = [...order].sort().join('');
  checkType(
    sorted === 'CHW' || sorted === 'HW',
    OP,
    'dataformats',
    "an order of 'CHW' or of 'HW'",
    dataformats,
  );
  const values = data as ArrayLike<number>;
  const pixels = shape.reduce((product, size) => product * size, 1);
  if (
    shape.length !== order.length ||
    !shape.every((size) => Number.isInteger(size) && size >= 1) ||
    pixels !== values.length ||
    pixels > MAX_PIXELS
  ) {
    throw new ShapeError(
      message(OP, 'image.shape', `${order} of the ${values.length} values in data`, shape),
    );
  }
  const { size, stride } = layout(shape, order);
  const [height, width, given] = size as [number, number, number];
  const channels = given === 1 ? 3 : given;
  if (channels !== 3 && channels !== 4) {
    throw new ShapeError(message(OP, 'channels', '1, 3 or 4', given));
  }

  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  const rgb = new Uint8Array(height * width * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const value = values[y * stride[0]! + x * stride[1]! + (given === 1 ? 0 : c * stride[2]!)]!;
        rgb[at++] = bytes ? value : Math.min(255, Math.max(0, Math.fround(Math.fround(value) * 255)));
      }
    }
  }
  return {
    height,
    width,
    colorspace: channels,
    encodedImageString: encodePng(rgb, height, width, channels as Channels) as Uint8Array<ArrayBuffer>,
  };
}
