import { cos } from '../exact-math.ts';

/** cos that remembers its last result: schedulers ask again for the cosine of the step before, or for the same one for ever. */
export class RememberedCosine {
  #x = NaN;
  #cosine = NaN;

  of(x: number): number {
    if (x !== this.#x) {
      this.#cosine = cos(x);
      this.#x = x;
    }
    return this.#cosine;
  }
}
