/**
 * Compiles tapes to WebAssembly with 128-bit vectors, whose float32 operations are IEEE's: the same bits as the
 * interpreter, many times faster. Programs reach nothing but WebAssembly memory, so that other arrays pass through it in
 * chunks; arrays that are allocated there (`zeros`) do not have to.
 */
import type { Host } from './host.ts';
import type { Place } from './interpreter.ts';
import { MAX_UNIFORMS, OP, WIDTH } from './tape.ts';

/** Elements that pass through at once: so few that they stay in the processor's cache. */
export const CHUNK = 8192;
export const MAX_ROLES = 6;

/** Shorter arrays are not worth a place of their own. */
const MIN_RESIDENT = 2 * CHUNK;
/** A memory has less than 4 GiB. */
const MAX_RESIDENT = 1 << 29;
const VECTOR_BYTES = 16;
/** Vectors that a turn of the loop takes; it may write as many behind the elements, so that arrays have room there. */
const UNROLL = 4;
const TURN_BYTES = UNROLL * VECTOR_BYTES;
const PAGE = 65536;
const PLACE_BYTES = 64 << 20;

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** Runs on the elements at the addresses: of a program `end` says how many bytes they are, of a sum where they end. */
type Run = (end: number, ...addresses: number[]) => void;

/** The part of the JavaScript API that is used; absent in engines without WebAssembly. */
interface WasmApi {
  Memory: new (descriptor: { initial: number; maximum: number }) => WasmMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: { run: Run } };
}

/** To whole turns of the loop, which are cache lines as well. */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / TURN_BYTES) * TURN_BYTES;
}

/**
 * Where a role's chunk is, in bytes. Arrays from malloc begin near the start of a page; copying between addresses
 * that are almost equal modulo 4096 takes some processors ten times as long, so that these begin elsewhere.
 */
function chunkAt(role: number): number {
  return 1024 + role * (CHUNK * 4 + 128);
}

const UNIFORMS_AT = chunkAt(MAX_ROLES);
const LANES_AT = UNIFORMS_AT + MAX_UNIFORMS * 4;
const LANES = 8;
const ARRAYS_AT = roundUp(LANES_AT + LANES * 8);

/** A memory: a chunk of each role, the uniforms, lanes of a sum, then arrays that live there. */
class WasmPlace implements Place {
  readonly roles: readonly Float32Array[];
  readonly uniforms: Float32Array;
  readonly lanes: Float64Array;
  readonly #memory: WasmMemory;
  readonly #instances = new Map<object, Run>();
  #end = ARRAYS_AT;

  /** @throws RangeError where there is no room */
  constructor(
    private readonly api: WasmApi,
    bytes: number,
  ) {
    const pages = Math.ceil((ARRAYS_AT + bytes) / PAGE);
    this.#memory = new api.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.#memory;
    this.roles = Array.from(
      { length: MAX_ROLES },
      (_, role) => new Float32Array(buffer, chunkAt(role), CHUNK),
    );
    this.uniforms = new Float32Array(buffer, UNIFORMS_AT, MAX_UNIFORMS);
    this.lanes = new Float64Array(buffer, LANES_AT, LANES);
  }

  /** An array of zeros, with room behind it for the rest of a turn; null where there is no room. */
  allocate(length: number): Float32Array | null {
    const bytes = roundUp(length * 4);
    const { buffer } = this.#memory;
    if (this.#end + bytes > buffer.byteLength) return null;
    const array = new Float32Array(buffer, this.#end, length);
    this.#end += bytes;
    return array;
  }

  run(module: object): Run {
    let run = this.#instances.get(module);
    if (run === undefined) {
      run = new this.api.Instance(module, { host: { memory: this.#memory } }).exports.run;
      this.#instances.set(module, run);
    }
    return run;
  }
}

/** Memory of the arrays that `zeros` made. */
const places = new WeakMap<Float32Array, WasmPlace>();

/** Null where the engine has no WebAssembly, or refuses to compile: for want of vectors, or by a content security policy. */
export function wasmHost(): Required<Host> | null {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined) return null;
  try {
    const squares = new api.Module(encodeSquares());
    const place = new WasmPlace(api, 0);
    return {
      place,
      compile: (tape) => {
        const module = new api.Module(encode(tape));
        return (on, count, addresses) => {
          const [a, b, c, d, e, f] = addresses as [number, number, number, number, number, number];
          (on as WasmPlace).run(module)(count * 4, a, b, c, d, e, f);
        };
      },
      zeros: allocator(api),
      placeOf: (array) => places.get(array),
      addSquares: (lanes, values, begin, end) => {
        const home = places.get(values);
        const on = home ?? place;
        const add = on.run(squares);
        on.lanes.set(lanes);
        if (home !== undefined) add(values.byteOffset + end * 4, values.byteOffset + begin * 4);
        else {
          const [chunk] = place.roles as [Float32Array];
          for (let at = begin; at < end; at += CHUNK) {
            const count = Math.min(CHUNK, end - at);
            chunk.set(values.subarray(at, at + count));
            add(chunk.byteOffset + count * 4, chunk.byteOffset);
          }
        }
        lanes.set(on.lanes);
      },
    };
  } catch {
    return null;
  }
}

/** Arrays share places, since engines reserve gigabytes of addresses for each; one is free when all its arrays are. */
function allocator(api: WasmApi): (length: number) => Float32Array {
  let last: WasmPlace | undefined;
  let full = false;
  const grow = (bytes: number): WasmPlace | undefined => {
    try {
      return new WasmPlace(api, Math.max(bytes, PLACE_BYTES));
    } catch {
      full = true;
      return undefined;
    }
  };
  return (length) => {
    if (length < MIN_RESIDENT || length > MAX_RESIDENT || full) return new Float32Array(length);
    let place = last;
    let array = place?.allocate(length);
    if (array == null) {
      const bytes = roundUp(length * 4);
      place = grow(bytes);
      if (bytes < PLACE_BYTES) last = place; // else it has one array, and goes with it
      array = place?.allocate(length);
    }
    if (array == null) return new Float32Array(length);
    places.set(array, place!);
    return array;
  };
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

/** `i32.const` of a number >= 0: signed LEB128, whose last byte has its bit 6 clear. */
function constant(value: number): number[] {
  const bytes = leb(value);
  const last = bytes.at(-1)!;
  return [0x41, ...((last & 64) === 0 ? bytes : [...bytes.slice(0, -1), last | 128, 0])];
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
const LOAD_PAIR = simd(0x5d);
const PROMOTE = simd(0x5f);
const ADD_DOUBLES = simd(0xf0);
const MULTIPLY_DOUBLES = simd(0xf2);
const GREATER = simd(0x44);
const AND = simd(0x4e);
const SUBTRACT = simd(0xe5);
const SPLAT = simd(0x13);
const SELECT = simd(0x52);
/** `b > a ? b : a` and `a > b ? b : a`. */
const LARGER = simd(0xeb);
const SMALLER = simd(0xea);
const ARITHMETIC: Record<number, number[]> = {
  [OP.absolute]: simd(0xe0),
  [OP.negate]: simd(0xe1),
  [OP.squareRoot]: simd(0xe3),
  [OP.add]: simd(0xe4),
  [OP.subtract]: SUBTRACT,
  [OP.multiply]: simd(0xe6),
  [OP.divide]: simd(0xe7),
  [OP.maximum]: simd(0xe9),
};
const UNARY: ReadonlySet<number> = new Set([OP.absolute, OP.negate, OP.squareRoot]);

/**
 * Local 0: where the elements end, in bytes; from 1 on: where each role begins; then: where the loop is, the address of
 * the element of each role, vectors of 0 and 1, and the values, by operation.
 */
const END_LOCAL = 0;
const begin = (role: number): number => 1 + role;
const AT_LOCAL = begin(MAX_ROLES);
const address = (role: number): number => AT_LOCAL + 1 + role;
const ZERO_LOCAL = address(MAX_ROLES);
const ONE_LOCAL = ZERO_LOCAL + 1;
const value = (node: number): number => ONE_LOCAL + 1 + node;

const ADD_I32 = 0x6a;

/** The code of one operation on the vector at `offset`, which leaves its result in the operation's local. */
function operation([op, a, b, c, d]: number[], node: number, offset: number): number[] {
  const align = 2; // 2^2 bytes
  if (op === OP.uniform) {
    return [...constant(0), ...LOAD_SPLAT, align, ...leb(UNIFORMS_AT + 4 * a!), ...set(value(node))];
  }
  if (op === OP.load) return [...get(address(a!)), ...LOAD, align, ...leb(offset), ...set(value(node))];
  if (op === OP.store) return [...get(address(a!)), ...get(value(b!)), ...STORE, align, ...leb(offset)];
  if (op === OP.ifGreater) {
    if (a === c && b === d) return [...get(value(b!)), ...get(value(a!)), ...LARGER, ...set(value(node))];
    if (a === d && b === c) return [...get(value(a!)), ...get(value(b!)), ...SMALLER, ...set(value(node))];
    const mask = [...get(value(a!)), ...get(value(b!)), ...GREATER];
    return [...get(value(c!)), ...get(value(d!)), ...mask, ...SELECT, ...set(value(node))];
  }
  if (op === OP.sign) {
    const positive = [...get(value(a!)), ...get(ZERO_LOCAL), ...GREATER, ...get(ONE_LOCAL), ...AND];
    const negative = [...get(ZERO_LOCAL), ...get(value(a!)), ...GREATER, ...get(ONE_LOCAL), ...AND];
    return [...positive, ...negative, ...SUBTRACT, ...set(value(node))];
  }
  const operands = UNARY.has(op!) ? get(value(a!)) : [...get(value(a!)), ...get(value(b!))];
  return [...operands, ...ARITHMETIC[op!]!, ...set(value(node))];
}

/**
 * A module that exports `run(end, ...addresses)`, which applies the tape to the elements before `end` of the arrays at
 * the addresses.
 */
function encode(tape: Int32Array): Uint8Array {
  const count = tape.length / WIDTH;
  const entries = Array.from({ length: count }, (_, i) =>
    Array.from(tape.subarray(i * WIDTH, (i + 1) * WIDTH)),
  );
  const code = (offset: number, keep: (op: number) => boolean): number[] =>
    entries.flatMap((entry, node) => (keep(entry[0]!) ? operation(entry, node, offset) : []));
  const before = [
    ...[0x43, 0, 0, 0, 0, ...SPLAT, ...set(ZERO_LOCAL)], // f32.const 0
    ...[0x43, 0, 0, 0x80, 0x3f, ...SPLAT, ...set(ONE_LOCAL)], // f32.const 1
    ...code(0, (op) => op === OP.uniform),
  ];
  const inside = Array.from({ length: UNROLL }, (_, i) =>
    code(i * VECTOR_BYTES, (op) => op !== OP.uniform),
  ).flat();
  const roles = new Set(entries.filter(([op]) => op === OP.load || op === OP.store).map(([, role]) => role!));
  const elements = [...roles].flatMap((role) => [
    ...get(begin(role)),
    ...get(AT_LOCAL),
    ADD_I32,
    ...set(address(role)),
  ]);
  const advance = [...get(AT_LOCAL), ...constant(TURN_BYTES), ADD_I32, 0x22, AT_LOCAL]; // local.tee
  const again = [...get(END_LOCAL), 0x49, 0x0d, 0]; // br_if at < end
  const loop = [0x03, 0x40, ...elements, ...inside, ...advance, ...again, END];
  const locals = [2, 1 + MAX_ROLES, I32, ...leb(2 + count), V128];
  return moduleOf(1 + MAX_ROLES, [...locals, ...before, ...loop, END]);
}

/** A module that exports `run(end, at)`, which adds the squares of the elements from `at` to `end` to the lanes. */
function encodeSquares(): Uint8Array {
  const [end, at, x] = [0, 1, 2];
  const pairs = [0, 1, 2, 3];
  const sum = (pair: number): number => 3 + pair;
  const align = 2;
  const before = pairs.flatMap((k) => [
    ...constant(0),
    ...LOAD,
    align,
    ...leb(LANES_AT + 16 * k),
    ...set(sum(k)),
  ]);
  const inside = pairs.flatMap((k) => [
    ...[...get(at), ...LOAD_PAIR, align, 8 * k, ...PROMOTE, 0x22, x, ...get(x), ...MULTIPLY_DOUBLES], // 0x22: local.tee
    ...[...get(sum(k)), ...ADD_DOUBLES, ...set(sum(k))],
  ]);
  const again = [...get(at), ...constant(32), ADD_I32, 0x22, at, ...get(end), 0x49, 0x0d, 0];
  const loop = [0x03, 0x40, ...inside, ...again, END];
  const after = pairs.flatMap((k) => [
    ...constant(0),
    ...get(sum(k)),
    ...STORE,
    align,
    ...leb(LANES_AT + 16 * k),
  ]);
  return moduleOf(2, [1, 5, V128, ...before, ...loop, ...after, END]);
}

/** A module that imports `host.memory` and exports the function `run` of `count` numbers. `body`: its locals and code. */
function moduleOf(count: number, body: number[]): Uint8Array {
  const parameters = new Array<number>(count).fill(I32);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, count, ...parameters, 0]), // a function type
    ...section(2, [1, ...text('host'), ...text('memory'), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('run'), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}
