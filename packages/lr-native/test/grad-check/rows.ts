/** Rows of gradient checks: an op, the shapes of what it takes, a call of it. */
import type { F } from '../../src/index.ts';
import type { RealDType, Tensor } from '../../src/index.ts';

export type Double = Tensor<'float64'>;

export interface Row {
  readonly op: keyof typeof F;
  readonly shapes: readonly (readonly number[])[];
  readonly call: (...inputs: Double[]) => Tensor<RealDType> | readonly Tensor<RealDType>[];
  /** What inputs are drawn from. */
  readonly range: readonly [number, number];
}

/**
 * @param shapes such as `'2,3 3'`: two inputs, of shapes [2, 3] and [3]; a scalar is `()`
 * @param range default: no two draws are within a difference's reach of 0 or 1
 */
export function row(op: Row['op'], shapes: string, call: Row['call'], range: Row['range'] = [0.1, 0.9]): Row {
  const parsed = shapes.split(' ').map((shape) => (shape === '()' ? [] : shape.split(',').map(Number)));
  return { op, shapes: parsed, call, range };
}

/** Both sides of 0. */
export const SIGNED: Row['range'] = [-3, 3];
