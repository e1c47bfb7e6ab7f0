/** Which kernels optimizers run: the TypeScript reference, or what a package such as @org/lr-native registers. */
import { checkType, StateError } from './check.ts';
import type { Storage } from './param.ts';
import { reference } from './reference/index.ts';
import type { StepKernel, StepKernelKind, StepKernels } from './step-kernels.ts';
import { onCpu } from './storage.ts';

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

/** Zeros for state of `length` elements, where the kernels in use reach them best. */
export function stateZeros(length: number): Float32Array {
  return tables.get(selected)?.zeros?.(length) ?? new Float32Array(length);
}

/** State of as many elements as `storage`, zeros. @throws StateError unless `storage` is CPU memory */
export function zerosLike(op: string, storage: Storage): Float32Array {
  return stateZeros(onCpu(op, storage).length);
}
