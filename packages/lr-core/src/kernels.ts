/** Which kernels optimizers run: the TypeScript reference, or what a package such as @org/lr-native registers. */
import { checkType, StateError } from './check.ts';
import type { Storage, WritableBuffer } from './param.ts';
import { reference } from './reference/index.ts';
import type { StepKernel, StepKernelKind, StepKernels } from './step-kernels.ts';
import { onHost, writable } from './storage.ts';

const tables = new Map<StepKernels['name'], Partial<StepKernels> & Pick<StepKernels, 'name'>>([
  ['js', reference],
]);
let selected: StepKernels['name'] = 'js';

/** Makes a table available to `useKernels`. For kinds that it lacks, the TypeScript kernels run. */
export function registerKernels(table: StepKernels): void {
  tables.set(table.name, table);
}

/**
 * Chooses the kernels that all optimizers use: `'js'`, or `'native'` once @org/lr-native is imported (which selects it).
 * Both give the same bits.
 *
 * @throws ArgumentError for another name, StateError for kernels that nothing has registered
 */
export function useKernels(name: StepKernels['name']): void {
  checkType(name === 'js' || name === 'native', 'useKernels', 'name', "'js' or 'native'", name);
  if (!tables.has(name)) {
    throw new StateError(
      '[useKernels] expected the native kernels to be registered: import @org/lr-native first',
    );
  }
  selected = name;
}

/** The name of the kernels that optimizers use. */
export function kernelsInUse(): StepKernels['name'] {
  return selected;
}

/** The kernel that a step of `kind` runs. */
export function stepKernel(kind: StepKernelKind): StepKernel {
  return tables.get(selected)?.[kind] ?? reference[kind];
}

/** Runs the kernel of `kind`; those in TypeScript on copies of what is on a device. */
export function runStep(kind: StepKernelKind, ...[buffers, scalars, hyper]: Parameters<StepKernel>): void {
  const kernel = stepKernel(kind);
  const storages = kernel === reference[kind] ? buffers.flatMap((role) => role ?? []) : [];
  if (storages.every((storage) => storage instanceof Float32Array)) {
    kernel(buffers, scalars, hyper);
    return;
  }
  onHost(kind, storages, (arrays) => {
    let at = 0;
    const copies = buffers.map((role) => role && arrays.slice(at, (at += role.length)));
    kernel(copies, scalars, hyper);
  });
}

/** Zeros for state of `length` elements, where the kernels in use reach them best. */
export function stateZeros(length: number): Float32Array {
  return tables.get(selected)?.zeros?.(length) ?? new Float32Array(length);
}

/** State of `length` elements, zeros, where `storage` is. @throws StateError as writable */
export function zerosLike(
  op: string,
  storage: Storage,
  length = storage.length,
): Float32Array | WritableBuffer {
  const like = writable(op, storage);
  return like instanceof Float32Array ? stateZeros(length) : like.zeros(length);
}

/** State of the elements `values`, where `storage` is. @throws StateError as writable */
export function placedLike(
  op: string,
  storage: Storage,
  values: Float32Array,
): Float32Array | WritableBuffer {
  if (storage instanceof Float32Array) return values;
  const placed = zerosLike(op, storage, values.length);
  placed.set(values);
  return placed;
}

/** What the kernels in use do to whole arrays where they are; undefined where they do not. */
export function arrayKernels(): Pick<StepKernels, 'norms' | 'scale'> {
  return tables.get(selected) ?? {};
}
