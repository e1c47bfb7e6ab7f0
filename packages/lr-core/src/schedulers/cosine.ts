import { cos } from '../exact-math.ts';

/** cos that remembers its last result: schedulers ask again for the cosine of the step before, or for the same one for ever. */
export class RememberedCosine {
  /** What is asked for, and the last x and cos x: in an array, since engines allocate a number for a double in a field or call. */
  private readonly cell = new Float64Array(3).fill(NaN);

  of(x: number): number {
    const { cell } = this;
    cell[0] = x;
    this.evaluate(cell);
    return cell[2]!;
  }

  private evaluate(cell: Float64Array): void {
    if (cell[0] === cell[1]) return;
    cell[2] = cos(cell[0]!);
    cell[1] = cell[0]!;
  }
}
