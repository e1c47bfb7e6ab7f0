/** Evaluates tapes in plain TypeScript, operation by operation over a whole chunk; storing to Float32Array rounds. */
import { OP, WIDTH } from './tape.ts';

/** Memory that programs work on: a chunk of each role, and the uniforms. */
export interface Place {
  readonly roles: readonly Float32Array[];
  readonly uniforms: Float32Array;
}

/**
 * Runs a formula on `count` elements of each role: those of its chunk in `place`. `addresses`: where compiled programs
 * find them, by role.
 */
export type Program = (place: Place, count: number, addresses: readonly number[]) => void;

export function interpret(tape: Int32Array): Program {
  const scratch = new Map<number, Float32Array>();
  return ({ roles, uniforms }, count) => {
    const values: Float32Array[] = [];
    for (let node = 0; node * WIDTH < tape.length; node++) {
      const [op, a, b, c, d] = tape.subarray(node * WIDTH, node * WIDTH + WIDTH) as unknown as number[];
      if (op === OP.store) {
        roles[a!]!.set(values[b!]!.subarray(0, count));
        continue;
      }
      let out = scratch.get(node);
      if (out === undefined || out.length < count) scratch.set(node, (out = new Float32Array(count)));
      values[node] = out;
      if (op === OP.uniform) out.fill(uniforms[a!]!);
      else if (op === OP.load) out.set(roles[a!]!.subarray(0, count));
      else evaluate(op!, out, values[a!]!, values[b!]!, values[c!]!, values[d!]!, count);
    }
  };
}

function evaluate(
  op: number,
  out: Float32Array,
  a: Float32Array,
  b: Float32Array,
  yes: Float32Array,
  no: Float32Array,
  count: number,
): void {
  if (op === OP.add) for (let i = 0; i < count; i++) out[i] = a[i]! + b[i]!;
  else if (op === OP.subtract) for (let i = 0; i < count; i++) out[i] = a[i]! - b[i]!;
  else if (op === OP.multiply) for (let i = 0; i < count; i++) out[i] = a[i]! * b[i]!;
  else if (op === OP.divide) for (let i = 0; i < count; i++) out[i] = a[i]! / b[i]!;
  else if (op === OP.negate) for (let i = 0; i < count; i++) out[i] = -a[i]!;
  else if (op === OP.absolute) for (let i = 0; i < count; i++) out[i] = Math.abs(a[i]!);
  else if (op === OP.squareRoot) for (let i = 0; i < count; i++) out[i] = Math.sqrt(a[i]!);
  else if (op === OP.maximum) for (let i = 0; i < count; i++) out[i] = Math.max(a[i]!, b[i]!);
  else if (op === OP.sign) for (let i = 0; i < count; i++) out[i] = a[i]! > 0 ? 1 : a[i]! < 0 ? -1 : 0;
  else for (let i = 0; i < count; i++) out[i] = a[i]! > b[i]! ? yes[i]! : no[i]!;
}
