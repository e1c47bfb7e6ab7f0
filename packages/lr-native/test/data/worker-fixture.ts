/** The module of the worker tests: numbers with a draw, and what can go wrong. */
import { Tensor } from '../../src/tensor.ts';
import { defaultGenerator } from '../../src/random.ts';
import type { Dataset } from '../../src/data/index.ts';

export interface FixtureOptions {
  length: number;
  failAt?: number;
  exitAt?: number;
}

/** Sample i is (i int32, a random number float32). */
export default function makeDataset(options: FixtureOptions): Dataset<[Tensor<'int32'>, Tensor]> {
  if (options.length < 0) throw new RangeError('no dataset of that length');
  return {
    length: options.length,
    get: (index) => {
      if (index === options.failAt) throw new RangeError(`sample ${index} is broken`);
      if (index === options.exitAt) process.exit(3);
      return [
        new Tensor(Int32Array.of(index), []),
        new Tensor(defaultGenerator.uniform_(new Float32Array(1)), []),
      ];
    },
  };
}
