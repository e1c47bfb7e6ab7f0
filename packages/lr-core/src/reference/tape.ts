/**
 * Float32 formulas, element by element, written down as they are evaluated: each function here appends one operation to
 * the tape and returns its number. wasm.ts compiles a tape, interpreter.ts evaluates one; every operation rounds once.
 *
 * `uniform` numbers are the same for all elements; they are rounded from double here and nowhere else. A formula may
 * branch on numbers and options, each branch being another tape.
 */

/** A value of the formula: the number of the operation that gives it. */
export type Value = number;

export const OP = {
  uniform: 0,
  load: 1,
  store: 2,
  add: 3,
  subtract: 4,
  multiply: 5,
  divide: 6,
  negate: 7,
  absolute: 8,
  squareRoot: 9,
  maximum: 10,
  ifGreater: 11,
  sign: 12,
} as const;

/** Numbers an operation takes on the tape: its OP and four operands. */
export const WIDTH = 5;
export const MAX_OPERATIONS = 64;
export const MAX_UNIFORMS = 24;

const tape = new Int32Array(MAX_OPERATIONS * WIDTH);
let length = 0;
let uniforms: Float32Array = new Float32Array(MAX_UNIFORMS);
let uniformCount = 0;

/** Starts a new tape, whose uniforms go into `target`. */
export function begin(target: Float32Array): void {
  length = 0;
  uniforms = target;
  uniformCount = 0;
}

/** The tape since `begin`: valid until the next. */
export function current(): Int32Array {
  return tape.subarray(0, length * WIDTH);
}

/** Whether the tape since `begin` equals `other`. */
export function equals(other: Int32Array): boolean {
  if (other.length !== length * WIDTH) return false;
  for (let i = 0; i < other.length; i++) if (other[i] !== tape[i]) return false;
  return true;
}

function append(op: number, a: number, b: number, c: number, d: number): Value {
  const at = length * WIDTH;
  tape[at] = op;
  tape[at + 1] = a;
  tape[at + 2] = b;
  tape[at + 3] = c;
  tape[at + 4] = d;
  return length++;
}

/** `value`, rounded to float32, for all elements. */
export function uniform(value: number): Value {
  uniforms[uniformCount] = value;
  return append(OP.uniform, uniformCount++, 0, 0, 0);
}

/** The element of the array with this role. */
export function load(role: number): Value {
  return append(OP.load, role, 0, 0, 0);
}

/** Overwrites the element of the array with this role. */
export function store(role: number, value: Value): void {
  append(OP.store, role, value, 0, 0);
}

export function add(a: Value, b: Value): Value {
  return append(OP.add, a, b, 0, 0);
}

export function sub(a: Value, b: Value): Value {
  return append(OP.subtract, a, b, 0, 0);
}

export function mul(a: Value, b: Value): Value {
  return append(OP.multiply, a, b, 0, 0);
}

export function div(a: Value, b: Value): Value {
  return append(OP.divide, a, b, 0, 0);
}

export function neg(a: Value): Value {
  return append(OP.negate, a, 0, 0, 0);
}

export function abs(a: Value): Value {
  return append(OP.absolute, a, 0, 0, 0);
}

export function sqrt(a: Value): Value {
  return append(OP.squareRoot, a, 0, 0, 0);
}

/** -1, 0 or 1; 0 for NaN, as `torch.sign`. */
export function sign(a: Value): Value {
  return append(OP.sign, a, 0, 0, 0);
}

/** The larger one; NaN if either is, as `torch.maximum`. */
export function max(a: Value, b: Value): Value {
  return append(OP.maximum, a, b, 0, 0);
}

/** `a > b ? yes : no` */
export function ifGreater(a: Value, b: Value, yes: Value, no: Value): Value {
  return append(OP.ifGreater, a, b, yes, no);
}
