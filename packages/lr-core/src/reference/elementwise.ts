/**
 * Step kernels from formulas on tapes, run by a host. Arrays that the host does not reach where they are pass through its
 * memory in chunks.
 */
import { fastestHost, type Host } from './host.ts';
import type { Place, Program } from './interpreter.ts';
import { begin, current, equals, OP, WIDTH } from './tape.ts';
import { CHUNK, MAX_ROLES } from './wasm.ts';

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
  readonly roles: readonly number[];
}

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
    const on = host ?? fastestHost();
    arrays = tensorArrays;
    begin(on.place.uniforms);
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
  const [loads, stores] = [rolesOf(OP.load), rolesOf(OP.store)];
  return { tape, program: host.compile(tape), loads, stores, roles: [...new Set([...loads, ...stores])] };
}

const addresses = new Array<number>(MAX_ROLES).fill(0);
const NONE: readonly number[] = [];

function run(host: Host, { program, loads, stores, roles }: Compiled, arrays: readonly Float32Array[]): void {
  const place = placeOf(host, roles, arrays);
  const { length } = arrays[0]!;
  let here = NONE; // the roles whose arrays live in the place
  if (place !== host.place) {
    const isHere = (array: Float32Array): boolean =>
      array.length === length && host.placeOf!(array) === place;
    here = roles.filter((role) => isHere(arrays[role]!));
    place.uniforms.set(host.place.uniforms);
  }
  const isCopied = (role: number): boolean => !here.includes(role);
  const copiedIn = here === NONE ? loads : loads.filter(isCopied);
  const copiedOut = here === NONE ? stores : stores.filter(isCopied);
  for (const role of roles) {
    addresses[role] = (isCopied(role) ? place.roles[role]! : arrays[role]!).byteOffset;
  }
  for (let begin = 0; begin < length; begin += CHUNK) {
    const count = Math.min(CHUNK, length - begin);
    for (const role of copiedIn) {
      const array = arrays[role]!;
      place.roles[role]!.set(length <= CHUNK ? array : array.subarray(begin, begin + count));
    }
    program(place, count, addresses);
    for (const role of copiedOut) copyOut(place.roles[role]!, arrays[role]!, begin, count);
    for (const role of here) addresses[role]! += 4 * count;
  }
}

/** The place of the first array that has one, else the host's. */
function placeOf(host: Host, roles: readonly number[], arrays: readonly Float32Array[]): Place {
  if (host.placeOf === undefined || arrays[0]!.length <= CHUNK) return host.place;
  for (const role of roles) {
    const place = host.placeOf(arrays[role]!);
    if (place !== undefined) return place;
  }
  return host.place;
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
