/**
 * Histograms as torch.utils.tensorboard makes them: numpy.histogram over fixed bins, cut to the bins in use.
 */
import { ArgumentRangeError, checkInteger, checkRange, checkType, message } from '@org/lr-core';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HistogramProtoSchema } from './proto/tensorboard_pb.ts';

export interface HistogramOptions {
  /**
   * `'tensorflow'`: 1549 bins, growing by 10 % from 1e-12 to 1e20 on both sides of 0. A number: that many equal
   * bins from the smallest to the largest value. An array: the edges, ascending. Default `'tensorflow'`.
   */
  bins?: 'tensorflow' | number | readonly number[];
  /** Neighbouring bins are joined until at most about this many remain. Default: no limit. */
  maxBins?: number;
}

const OP = 'addHistogram';

function tensorflowEdges(): readonly number[] {
  const positive: number[] = [];
  for (let edge = 1e-12; edge < 1e20; edge *= 1.1) positive.push(edge);
  return [...positive.map((edge) => -edge).reverse(), 0, ...positive];
}

let defaultEdges: readonly number[] | undefined;

function equalEdges(count: number, min: number, max: number): readonly number[] {
  checkRange(Number.isFinite(min) && Number.isFinite(max), OP, 'values', 'finite where bins is a number', [
    min,
    max,
  ]);
  const [low, high] = min === max ? [min - 0.5, max + 0.5] : [min, max];
  return Array.from({ length: count + 1 }, (_, i) => (i === count ? high : low + (i * (high - low)) / count));
}

function checkEdges(edges: readonly number[]): void {
  const ascending = edges.every(
    (edge, i) => typeof edge === 'number' && (i === 0 ? edge === edge : edge >= edges[i - 1]!),
  );
  checkType(edges.length >= 2 && ascending, OP, 'bins', 'at least two ascending edges', edges);
}

/** Index of the bin [edges[i], edges[i + 1]) that holds `value`, the last bin closed; -1 outside. */
function binOf(edges: readonly number[], value: number): number {
  const last = edges.length - 1;
  if (!(value >= edges[0]! && value <= edges[last]!)) return -1;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** Joins runs of bins so that about `maxBins` remain. */
function joinBins(
  counts: number[],
  edges: readonly number[],
  maxBins: number,
): [number[], readonly number[]] {
  const run = Math.floor(counts.length / maxBins);
  if (run <= 1) return [counts, edges];
  const joined: number[] = new Array(Math.ceil(counts.length / run)).fill(0);
  counts.forEach((count, i) => (joined[Math.floor(i / run)]! += count));
  const limits = joined.map((_, i) => edges[i * run]!);
  return [joined, [...limits, edges[edges.length - 1]!]];
}

/**
 * The histogram of `values`; those outside the bins, NaN among them, are not counted in a bucket.
 * @throws ArgumentRangeError if no value lies in any bin
 */
export function makeHistogram(
  values: ArrayLike<number>,
  { bins = 'tensorflow', maxBins }: HistogramOptions = {},
): MessageInitShape<typeof HistogramProtoSchema> {
  checkType(
    typeof values === 'object' && values !== null && 'length' in values,
    OP,
    'values',
    'numbers',
    values,
  );
  checkRange(values.length > 0, OP, 'values', 'at least one number', values);
  if (maxBins !== undefined) checkInteger(OP, 'maxBins', maxBins, 1);

  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let sumSquares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    checkType(typeof value === 'number', OP, `values[${i}]`, 'a number', value);
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumSquares += value * value;
  }

  let edges: readonly number[];
  if (bins === 'tensorflow') {
    edges = defaultEdges ??= tensorflowEdges();
  } else if (typeof bins === 'number') {
    checkInteger(OP, 'bins', bins, 1);
    edges = equalEdges(bins, min, max);
  } else {
    checkType(Array.isArray(bins), OP, 'bins', "'tensorflow', a number or an array of edges", bins);
    checkEdges(bins);
    edges = bins;
  }

  let counts: number[] = new Array(edges.length - 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    const bin = binOf(edges, values[i]!);
    if (bin >= 0) counts[bin]!++;
  }
  if (maxBins !== undefined) [counts, edges] = joinBins(counts, edges, maxBins);

  const start = counts.findIndex((count) => count > 0);
  const end = counts.findLastIndex((count) => count > 0) + 1;
  if (start < 0) {
    throw new ArgumentRangeError(
      message(OP, 'values', `in part between ${edges[0]} and ${edges.at(-1)}`, [min, max]),
    );
  }
  // TensorBoard reads upper edges only, so an empty bucket in front gives the first one its lower edge.
  return {
    min,
    max,
    num: values.length,
    sum,
    sumSquares,
    bucketLimit: edges.slice(start, end + 1),
    bucket: [0, ...counts.slice(start, end)],
  };
}
