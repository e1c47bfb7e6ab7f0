/** The arguments of a step kernel, gathered from a group's parameters into arrays that are kept from step to step. */
import { stepKernel } from './kernels.ts';
import type { Parameter, Storage } from './param.ts';
import type { StepKernelKind } from './step-kernels.ts';
import { isSparse, zerosLike } from './storage.ts';

/** State of one parameter: arrays of its length (for most keys) and numbers. */
export type ParamState = Record<string, unknown>;

export class StepBatch {
  /** Hyper-parameters, which the optimizer writes before `run`. */
  readonly hyper: Float64Array;
  /** `scalars[tensor * scalarCount + i]`, which the optimizer writes after each `add`. */
  scalars: Float64Array;
  /** How many tensors the batch has. */
  size = 0;
  readonly #kind: StepKernelKind;
  readonly #scalarCount: number;
  readonly #lists: Storage[][];
  readonly #buffers: (Storage[] | null)[];
  #roles: readonly (string | null)[] = [];

  constructor(kind: StepKernelKind, roleCount: number, scalarCount: number, hyperCount: number) {
    this.#kind = kind;
    this.#scalarCount = scalarCount;
    this.#lists = Array.from({ length: 2 + roleCount }, () => []);
    this.#buffers = [...this.#lists];
    this.hyper = new Float64Array(hyperCount);
    this.scalars = new Float64Array(scalarCount);
  }

  /** Empties the batch. `roles`: the state keys after parameter and gradient; null for one whose option is off. */
  begin(roles: readonly (string | null)[]): void {
    this.size = 0;
    if (this.#roles === roles) return;
    this.#roles = roles;
    roles.forEach((role, i) => (this.#buffers[2 + i] = role === null ? null : this.#lists[2 + i]!));
  }

  /**
   * Adds a parameter with a dense gradient; state arrays that it lacks become zeros.
   *
   * @returns where its scalars begin
   */
  add(param: Parameter, state: ParamState): number {
    const { grad } = param;
    if (grad === null || isSparse(grad)) throw new Error(`[${this.#kind}] a batch takes dense gradients`);
    const tensor = this.size++;
    this.#lists[0]![tensor] = param.data;
    this.#lists[1]![tensor] = grad;
    for (let i = 0; i < this.#roles.length; i++) {
      const role = this.#roles[i]!;
      if (role === null) continue;
      this.#lists[2 + i]![tensor] = (state[role] ??= zerosLike(this.#kind, param.data)) as Storage;
    }
    const end = this.size * this.#scalarCount;
    if (this.scalars.length < end) {
      const grown = new Float64Array(2 * end);
      grown.set(this.scalars);
      this.scalars = grown;
    }
    return tensor * this.#scalarCount;
  }

  /** Runs the kernel, if there is anything to run it on. */
  run(): void {
    if (this.size === 0) return;
    for (const list of this.#lists) if (list.length > this.size) list.length = this.size;
    stepKernel(this.#kind)(this.#buffers, this.scalars, this.hyper);
    this.#lists[1]!.length = 0; // the batch keeps no gradient alive
  }
}
