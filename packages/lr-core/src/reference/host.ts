/** Where the TypeScript kernels run: on WebAssembly where the engine has it, else on an interpreter, with the same bits. */
import { interpret, type Place, type Program } from './interpreter.ts';
import { MAX_UNIFORMS } from './tape.ts';
import { CHUNK, MAX_ROLES, wasmHost } from './wasm.ts';

export interface Host {
  /** For arrays that live elsewhere. */
  readonly place: Place;
  compile(tape: Int32Array): Program;
  /** Zeros in memory that programs reach, or somewhere else where they are few. */
  zeros?(length: number): Float32Array;
  /** Where an array lives that `zeros` made. */
  placeOf?(array: Float32Array): Place | undefined;
  /** Adds the squares of `values[begin … end - 1]`, of a multiple of eight, to eight lanes. */
  addSquares?(lanes: Float64Array, values: Float32Array, begin: number, end: number): void;
}

/** A host without WebAssembly. */
export function interpreterHost(): Host {
  const roles = Array.from({ length: MAX_ROLES }, () => new Float32Array(CHUNK));
  return { place: { roles, uniforms: new Float32Array(MAX_UNIFORMS) }, compile: interpret };
}

let shared: Host | undefined;

/** The fastest host that the engine has. */
export function fastestHost(): Host {
  return (shared ??= wasmHost() ?? interpreterHost());
}

/** Zeros for optimizer state, where the TypeScript kernels reach them without copying if they are many. */
export function stateZeros(length: number): Float32Array {
  return fastestHost().zeros?.(length) ?? new Float32Array(length);
}
