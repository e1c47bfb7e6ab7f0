import { cos } from '../exact-math.ts';

/** cos that remembers its last result: schedulers ask again for the cosine of the step before, or for the same one for ever. */
export class RememberedCosine {
  /** x and cos x: in an array, since engines allocate a number for each double that they store in a field. */
  readonly #last = new Float64Array(2).fill(NaN);

  of(x: number): number {
    const last = this.#last;
    if (x !== last[0]) {
      last[1] = cos(x);
      last[0] = x;
    }
    return last[1]!;
  }
}
