import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { transforms } from '../../src/data/index.ts';
import { Generator, manualSeed } from '../../src/random.ts';
import { Tensor } from '../../src/tensor.ts';

const url = new URL('../fixtures/data.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(url, 'utf8')) as { augmented: number[][] };

const { compose, normalize, randomCrop, randomHorizontalFlip } = transforms;
const image = new Tensor(
  Float32Array.from({ length: 40 }, (_, i) => i + 1),
  [2, 4, 5],
);

describe('transforms', () => {
  it('crop and flip as torchvision from the same seed', () => {
    manualSeed(8);
    const augment = compose([randomCrop(4, { padding: 2 }), randomHorizontalFlip({ p: 0.4 })]);
    expect(fixtures.augmented.map(() => Array.from(augment(image).data))).toEqual(fixtures.augmented);
  });

  it('take a generator and leave the image as it is', () => {
    const before = image.copy();
    const crop = (): Tensor => randomCrop([2, 3], { generator: new Generator(1) })(image);
    expect(crop()).toEqual(crop());
    expect(crop().shape).toEqual([2, 2, 3]);
    randomHorizontalFlip({ p: 1 })(image);
    expect(image).toEqual(before);
  });

  it('crop past the image', () => {
    const crops = Array.from({ length: 50 }, () => randomCrop(2, { padding: 5 })(image));
    const values = new Set(crops.flatMap(({ data }) => Array.from(data)));
    expect([...values].every((value) => Number.isInteger(value) && value >= 0 && value <= 40)).toBe(true);
    expect(values.has(0)).toBe(true);
  });

  it('flip always and never', () => {
    const row = new Tensor(Float32Array.of(1, 2, 3), [1, 1, 3]);
    expect(Array.from(randomHorizontalFlip({ p: 1 })(row).data)).toEqual([3, 2, 1]);
    expect(Array.from(randomHorizontalFlip({ p: 0 })(row).data)).toEqual([1, 2, 3]);
  });

  it('normalise each channel', () => {
    const x = new Tensor(Float32Array.of(1, 2, 3, 4), [2, 1, 2]);
    expect(Array.from(normalize({ mean: [1, 2], std: [2, 4] })(x).data)).toEqual([0, 0.5, 0.25, 0.5]);
    expect(Array.from(normalize({ mean: 1, std: 0.5 })(x).data)).toEqual([0, 2, 4, 6]);
  });

  it.each([
    [
      'compose',
      () => compose([5 as never]),
      '[compose] expected transforms to be an array of functions but received [5]',
    ],
    ['size', () => randomCrop(0), '[randomCrop] expected size to be an integer >= 1 but received 0'],
    [
      'padding',
      () => randomCrop(2, { padding: -1 }),
      '[randomCrop] expected padding to be an integer >= 0 but received -1',
    ],
    [
      'a small image',
      () => randomCrop(9)(image),
      '[randomCrop] expected the image to be of at least 9 x 9 but received [2, 4, 5]',
    ],
    [
      'p',
      () => randomHorizontalFlip({ p: 2 }),
      '[randomHorizontalFlip] expected p to be a probability from 0 to 1 but received 2',
    ],
    [
      'std',
      () => normalize({ mean: 0, std: 0 })(image),
      '[normalize] expected std to be a number other than 0 but received 0',
    ],
    [
      'mean',
      () => normalize({ mean: [1], std: 1 })(image),
      '[normalize] expected mean to be a finite number, or 2 of them but received [1]',
    ],
    [
      'a matrix',
      () => normalize({ mean: 0, std: 1 })(new Tensor(new Float32Array(4), [2, 2])),
      '[normalize] expected the image to be a float32 Tensor (channels, height, width)',
    ],
  ])('refuses wrong %s', (_, call, text) => {
    expect(call).toThrow(text);
  });
});
