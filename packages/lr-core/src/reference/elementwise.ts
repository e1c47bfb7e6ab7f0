/**
 * Step kernels from formulas on tapes: compiled to WebAssembly where the engine has it, else interpreted, with the same
 * bits. Arrays pass through in chunks, since they are not in WebAssembly's memory.
 */
import { interpret, type Program } from './interpreter.ts';
import { begin, current, equals, MAX_UNIFORMS, OP, WIDTH } from './tape.ts';
import { CHUNK, MAX_ROLES, wasmHost, type WasmHost } from './wasm.ts';

/** A step kernel whose buffers are on the CPU. */
export type CpuStepKernel = (
  buffers: readonly (readonly Float32Array[] | null)[],
  scalars: Float64Array,
  hyper: Float64Array,
) => void;

/**
 * Writes the tape of one tensor's update.
 *
 * @param hyper hyper-parameters of the group
 * @param scalars all tensors' scalars; this tensor's begin at `at`
 * @param has whether the option that needs this role is on
 */
export type Formula = (
  hyper: Float64Array,
  scalars: Float64Array,
  at: number,
  has: (role: number) => boolean,
) => void;

interface Compiled {
  readonly tape: Int32Array;
  readonly program: Program;
  readonly loads: readonly number[];
  readonly stores: readonly number[];
}

/** Where programs run. */
export interface Host extends Pick<WasmHost, 'roles' | 'uniforms'> {
  compile(tape: Int32Array): Program;
}

/** A host without WebAssembly. */
export function interpreterHost(): Host {
  return {
    roles: Array.from({ length: MAX_ROLES }, () => new Float32Array(CHUNK)),
    uniforms: new Float32Array(MAX_UNIFORMS),
    compile: interpret,
  };
}

function fastestHost(): Host {
  const host = wasmHost();
  if (host === null) return interpreterHost();
  const compile = (tape: Int32Array): Program => {
    try {
      return host.compile(tape);
    } catch {
      return interpret(tape); // an engine without vectors, or a policy against compiling
    }
  };
  return { roles: host.roles, uniforms: host.uniforms, compile };
}

let shared: Host | undefined;

/**
 * A function that applies a formula to the arrays of one tensor, by role; what it writes is what the formula stores.
 *
 * @param host where to run; the fastest one unless a test says otherwise
 */
export function applier(
  formula: Formula,
  host?: Host,
): (
  arrays: readonly (Float32Array | null)[],
  scalars: Float64Array,
  at: number,
  hyper: Float64Array,
) => void {
  const variants: Compiled[] = [];
  let arrays: readonly (Float32Array | null)[] = [];
  const has = (role: number): boolean => arrays[role] != null;
  return (tensorArrays, scalars, at, hyper) => {
    const on = host ?? (shared ??= fastestHost());
    arrays = tensorArrays;
    begin(on.uniforms);
    formula(hyper, scalars, at, has);
    let variant: Compiled | undefined;
    for (const candidate of variants) if (equals(candidate.tape)) variant = candidate;
    if (variant === undefined) variants.push((variant = compile(on, current().slice())));
    run(on, variant, tensorArrays as readonly Float32Array[]);
  };
}

function compile(host: Host, tape: Int32Array): Compiled {
  const rolesOf = (op: number): number[] => {
    const roles = new Set<number>();
    for (let i = 0; i < tape.length; i += WIDTH) if (tape[i] === op) roles.add(tape[i + 1]!);
    return [...roles];
  };
  return { tape, program: host.compile(tape), loads: rolesOf(OP.load), stores: rolesOf(OP.store) };
}

function run(host: Host, { program, loads, stores }: Compiled, arrays: readonly Float32Array[]): void {
  const { roles, uniforms } = host;
  const { length } = arrays[0]!;
  for (let begin = 0; begin < length; begin += CHUNK) {
    const count = Math.min(CHUNK, length - begin);
    for (const role of loads) {
      const array = arrays[role]!;
      roles[role]!.set(length <= CHUNK ? array : array.subarray(begin, begin + count));
    }
    program(roles, uniforms, count);
    for (const role of stores) copyOut(roles[role]!, arrays[role]!, begin, count);
  }
}

/** Below so many elements, copying one by one is faster than a view. */
const FEW = 128;

function copyOut(from: Float32Array, to: Float32Array, begin: number, count: number): void {
  if (count < FEW) for (let i = 0; i < count; i++) to[begin + i] = from[i]!;
  else to.set(count === CHUNK ? from : from.subarray(0, count), begin);
}

/** A step kernel that applies `formula` to each tensor. `scalarCount`: numbers of each tensor. */
export function elementwise(scalarCount: number, formula: Formula, host?: Host): CpuStepKernel {
  const apply = applier(formula, host);
  return (buffers, scalars, hyper) => {
    const arrays: (Float32Array | null)[] = buffers.map(() => null);
    for (let tensor = 0; tensor < buffers[0]!.length; tensor++) {
      for (let role = 0; role < buffers.length; role++) arrays[role] = buffers[role]?.[tensor] ?? null;
      apply(arrays, scalars, tensor * scalarCount, hyper);
    }
  };
}
