/**
 * Compiles tapes to WebAssembly with 128-bit vectors, whose float32 operations are IEEE's: the same bits as the
 * interpreter, many times faster. The code works on its own memory: the elements of each role, then the uniforms.
 */
import type { Program } from './interpreter.ts';
import { MAX_UNIFORMS, OP, WIDTH } from './tape.ts';

/** Elements that fit the memory at once: so few that they stay in the processor's cache. */
export const CHUNK = 4096;
export const MAX_ROLES = 6;

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** The part of the JavaScript API that is used; absent in engines without WebAssembly. */
interface WasmApi {
  Memory: new (descriptor: { initial: number }) => WasmMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: { run: (end: number) => void } };
}

/**
 * Where a role's elements are, in bytes. Arrays from malloc begin near the start of a page; copying between addresses
 * that are almost equal modulo 4096 takes some processors ten times as long, so that these begin elsewhere.
 */
function roleAt(role: number): number {
  return 1024 + role * (CHUNK * 4 + 128);
}

const UNIFORMS_AT = roleAt(MAX_ROLES);
const PAGE = 65536;

/** Memory that compiled programs share: `roles` and `uniforms` are what they read and write. */
export interface WasmHost {
  readonly roles: readonly Float32Array[];
  readonly uniforms: Float32Array;
  /** @throws where the engine refuses, for instance for want of vectors or by a content security policy */
  compile(tape: Int32Array): Program;
}

/** Null where the engine has no WebAssembly. */
export function wasmHost(): WasmHost | null {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined) return null;
  const memory = new api.Memory({ initial: Math.ceil((UNIFORMS_AT + MAX_UNIFORMS * 4) / PAGE) });
  const roles = Array.from(
    { length: MAX_ROLES },
    (_, role) => new Float32Array(memory.buffer, roleAt(role), CHUNK),
  );
  const uniforms = new Float32Array(memory.buffer, UNIFORMS_AT, MAX_UNIFORMS);
  const compile = (tape: Int32Array): Program => {
    const { run } = new api.Instance(new api.Module(encode(tape)), { host: { memory } }).exports;
    return (_roles, _uniforms, count) => run(count * 4);
  };
  return { roles, uniforms, compile };
}

/** An unsigned number in LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  do {
    const rest = value >>> 7;
    bytes.push((value & 127) | (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return bytes;
}

function section(id: number, content: number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

function text(value: string): number[] {
  return [value.length, ...Array.from(value, (letter) => letter.charCodeAt(0))];
}

const I32 = 0x7f;
const V128 = 0x7b;
const END = 0x0b;
const simd = (opcode: number): number[] => [0xfd, ...leb(opcode)];
const get = (local: number): number[] => [0x20, ...leb(local)];
const set = (local: number): number[] => [0x21, ...leb(local)];

const LOAD = simd(0x00);
const LOAD_SPLAT = simd(0x09);
const STORE = simd(0x0b);
const GREATER = simd(0x44);
const SELECT = simd(0x52);
const ARITHMETIC: Record<number, number[]> = {
  [OP.absolute]: simd(0xe0),
  [OP.negate]: simd(0xe1),
  [OP.squareRoot]: simd(0xe3),
  [OP.add]: simd(0xe4),
  [OP.subtract]: simd(0xe5),
  [OP.multiply]: simd(0xe6),
  [OP.divide]: simd(0xe7),
  [OP.maximum]: simd(0xe9),
};
const UNARY: ReadonlySet<number> = new Set([OP.absolute, OP.negate, OP.squareRoot]);

/** Local 0: where the elements end, in bytes; local 1: where the loop is; from 2 on: the values, by operation. */
const END_LOCAL = 0;
const AT_LOCAL = 1;
const value = (node: number): number => node + 2;

/** The code of one operation, which leaves its result in the operation's local. */
function operation([op, a, b, c, d]: number[], node: number): number[] {
  const align = 2; // 2^2 bytes
  if (op === OP.uniform) {
    return [0x41, 0, ...LOAD_SPLAT, align, ...leb(UNIFORMS_AT + 4 * a!), ...set(value(node))];
  }
  if (op === OP.load) return [...get(AT_LOCAL), ...LOAD, align, ...leb(roleAt(a!)), ...set(value(node))];
  if (op === OP.store) {
    return [...get(AT_LOCAL), ...get(value(b!)), ...STORE, align, ...leb(roleAt(a!))];
  }
  if (op === OP.ifGreater) {
    const mask = [...get(value(a!)), ...get(value(b!)), ...GREATER];
    return [...get(value(c!)), ...get(value(d!)), ...mask, ...SELECT, ...set(value(node))];
  }
  const operands = UNARY.has(op!) ? get(value(a!)) : [...get(value(a!)), ...get(value(b!))];
  return [...operands, ...ARITHMETIC[op!]!, ...set(value(node))];
}

/** A module that imports `host.memory` and exports `run(end)`, which applies the tape to the elements before `end`. */
function encode(tape: Int32Array): Uint8Array {
  const count = tape.length / WIDTH;
  const before: number[] = [];
  const inside: number[] = [];
  for (let node = 0; node < count; node++) {
    const entry = Array.from(tape.subarray(node * WIDTH, node * WIDTH + WIDTH));
    (entry[0] === OP.uniform ? before : inside).push(...operation(entry, node));
  }
  const advance = [...get(AT_LOCAL), 0x41, 16, 0x6a, 0x22, AT_LOCAL]; // local.tee (at + 16)
  const again = [...get(END_LOCAL), 0x49, 0x0d, 0]; // br_if at < end
  const loop = [0x03, 0x40, ...inside, ...advance, ...again, END];
  const locals = [2, 1, I32, ...leb(count), V128];
  const body = [...locals, ...before, ...loop, END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 0]), // a function type: (i32) -> ()
    ...section(2, [1, ...text('host'), ...text('memory'), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('run'), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}
