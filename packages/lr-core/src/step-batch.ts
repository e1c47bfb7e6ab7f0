/** The arguments of a step kernel, gathered from a group's parameters into arrays that are kept from step to step. */
import { runStep, zerosLike } from './kernels.ts';
import type { Parameter, SparseGrad, Storage } from './param.ts';
import { coalesce, gatherRows, scatterRows } from './sparse.ts';
import type { StepKernelKind } from './step-kernels.ts';
import { isSparse, onCpu, rowLengthOf } from './storage.ts';

/** State of one parameter: arrays of its length (for most keys) and numbers. */
export type ParamState = Record<string, unknown>;

/** Counts a step of a parameter. @returns its number, from 1 */
export function nextStep(state: ParamState): number {
  const step = ((state['step'] as number | undefined) ?? 0) + 1;
  state['step'] = step;
  return step;
}

/** Rows that a kernel is to update in a copy, and where they go afterwards. */
interface Rows {
  readonly gathered: Float32Array;
  readonly target: Float32Array;
  readonly indices: Int32Array;
  readonly rowLength: number;
}

const NOTHING = new Float32Array(0);

export class StepBatch {
  /** `scalars[tensor * scalarCount + i]`, which the optimizer writes after each `add`. */
  scalars: Float64Array;
  /** How many tensors the batch has. */
  size = 0;
  readonly #kind: StepKernelKind;
  readonly #scalarCount: number;
  #hyper = new Float64Array(0);
  readonly #lists: Storage[][];
  readonly #buffers: (Storage[] | null)[];
  #roles: readonly (string | null)[] = [];
  #rows: Rows[] = [];

  constructor(kind: StepKernelKind, roleCount: number, scalarCount: number) {
    this.#kind = kind;
    this.#scalarCount = scalarCount;
    this.#lists = Array.from({ length: 2 + roleCount }, () => []);
    this.#buffers = [...this.#lists];
    this.scalars = new Float64Array(scalarCount);
  }

  /** Empties the batch. `roles`: the state keys after parameter and gradient; null for one whose option is off. */
  begin(roles: readonly (string | null)[]): void {
    this.size = 0;
    this.#rows = [];
    if (this.#roles === roles) return;
    this.#roles = roles;
    roles.forEach((role, i) => (this.#buffers[2 + i] = role === null ? null : this.#lists[2 + i]!));
  }

  /**
   * Adds a parameter, with a sparse gradient only its touched rows; state arrays that it lacks become zeros.
   *
   * @param grad the gradient, not null
   * @returns where its scalars begin
   */
  add(param: Parameter, state: ParamState, grad: Storage | SparseGrad | null = param.grad): number {
    const tensor = this.size++;
    const sparse = isSparse(grad!) ? coalesce(grad, rowLengthOf(param)) : null;
    this.#lists[0]![tensor] = this.#arrayOf(param, param.data, sparse);
    this.#lists[1]![tensor] = sparse === null ? (grad as Storage) : sparse.values;
    for (let i = 0; i < this.#roles.length; i++) {
      const role = this.#roles[i]!;
      if (role === null) continue;
      const array = (state[role] ??= zerosLike(this.#kind, param.data)) as Storage;
      this.#lists[2 + i]![tensor] = this.#arrayOf(param, array, sparse);
    }
    const end = this.size * this.#scalarCount;
    if (this.scalars.length < end) {
      const grown = new Float64Array(2 * end);
      grown.set(this.scalars);
      this.scalars = grown;
    }
    if (this.#lists[0]![tensor]!.length === 0) this.size--; // kernels take no empty arrays
    return end - this.#scalarCount;
  }

  /** `array`, or its rows that `sparse` has. */
  #arrayOf(param: Parameter, array: Storage, sparse: SparseGrad | null): Storage {
    if (sparse === null) return array;
    const target = onCpu(this.#kind, array);
    const rowLength = rowLengthOf(param);
    const gathered = gatherRows(target, sparse.indices, rowLength);
    this.#rows.push({ gathered, target, indices: sparse.indices, rowLength });
    return gathered;
  }

  /** Runs the kernel, if there is anything to run it on. `hyper`: the group's hyper-parameters in the kind's order. */
  run(...hyper: (number | boolean)[]): void {
    if (this.size === 0) return;
    if (this.#hyper.length !== hyper.length) this.#hyper = new Float64Array(hyper.length);
    for (let i = 0; i < hyper.length; i++) this.#hyper[i] = Number(hyper[i]);
    const scalarCount = this.size * this.#scalarCount;
    if (this.scalars.length !== scalarCount) this.scalars = this.scalars.slice(0, scalarCount);
    for (const list of this.#lists) if (list.length > this.size) list.length = this.size;
    runStep(this.#kind, this.#buffers, this.scalars, this.#hyper);
    this.#lists[1]!.fill(NOTHING); // the batch keeps no gradient alive
    if (this.#rows.length === 0) return;
    for (const { gathered, target, indices, rowLength } of this.#rows)
      scatterRows(gathered, target, indices, rowLength);
    this.#rows = [];
  }
}
