/** Runs the cases of fixtures/optimizers.json, which generate/optimizers.py made with PyTorch. */
import { readFileSync } from 'node:fs';
import * as core from '../src/index.ts';
import { Param, type Optimizer } from '../src/index.ts';

export interface OptimizerCase {
  optimizer: string;
  options: Record<string, unknown>;
  shapes: number[][];
  seed: number;
  nulls?: boolean;
  sparse?: boolean;
  groups?: Record<string, unknown>[];
  problem?: keyof typeof PROBLEMS;
  suite?: string;
  expected: (number | string)[][];
  state?: Record<string, number | (number | string)[]>;
  losses?: number[];
}

export interface OptimizerFixtures {
  versions: Record<string, string>;
  steps: number;
  cases: OptimizerCase[];
  errors: {
    optimizer: string;
    options: Record<string, unknown>;
    description: string;
    torch: string;
    warns: boolean;
  }[];
}

export const fixtures = JSON.parse(
  readFileSync(new URL('fixtures/optimizers.json', import.meta.url), 'utf8'),
) as OptimizerFixtures;

type OptimizerClass = new (params: unknown, options?: Record<string, unknown>) => Optimizer;

export function optimizerClass(name: string): OptimizerClass {
  return core[name as keyof typeof core] as unknown as OptimizerClass;
}

/** The same numbers as the generator's Stream. */
export class Stream {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  bits(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state;
  }

  floats(count: number, scale: number): Float32Array {
    return Float32Array.from({ length: count }, () => {
      const bits = this.bits();
      return bits >>> 28 === 0 ? 0 : (((bits >>> 8) - 2 ** 23) / 2 ** 23) * scale;
    });
  }

  sparse(shape: readonly number[], scale: number): core.SparseGrad {
    const indices = Int32Array.from({ length: 3 }, () => (this.bits() >>> 8) % shape[0]!);
    return { indices, values: this.floats((3 * size(shape)) / shape[0]!, scale) };
  }
}

export function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Loss and derivative by each variable. */
export const PROBLEMS = {
  bowl: (x: number[]) => ({
    loss: x.reduce((sum, v, i) => sum + (i + 1) * (v - 1 / (i + 1)) ** 2, 0),
    grad: x.map((v, i) => 2 * (i + 1) * (v - 1 / (i + 1))),
  }),
  quartic: (x: number[]) => ({
    loss: x.reduce((sum, v) => sum + (v - 1) ** 4 / 4 + (v - 1) ** 2 + 0.1 * v, 0),
    grad: x.map((v) => (v - 1) ** 3 + 2 * (v - 1) + 0.1),
  }),
  rosenbrock: ([x, y]: number[]) => ({
    loss: (1 - x!) ** 2 + 100 * (y! - x! ** 2) ** 2,
    grad: [-2 * (1 - x!) - 400 * x! * (y! - x! ** 2), 200 * (y! - x! ** 2)],
  }),
};

export interface CaseRun {
  params: Param[];
  optimizer: Optimizer;
  losses: number[];
}

/** Gives `params` the case's gradients of one step. */
function setGrads(fixture: OptimizerCase, params: Param[], stream: Stream, step: number): void {
  params.forEach((param, i) => {
    if (fixture.nulls && (step + 2 * i) % 5 === 3) param.grad = null;
    else if (fixture.sparse || fixture.optimizer === 'SparseAdam')
      param.grad = stream.sparse(param.shape, 0.5);
    else param.grad = stream.floats(param.data.length, 0.5);
  });
}

/**
 * @param replace called after each step with the optimizer; what it returns takes the next step
 */
export function runCase(
  fixture: OptimizerCase,
  replace: (optimizer: Optimizer, step: number, create: () => Optimizer) => Optimizer = (optimizer) =>
    optimizer,
): CaseRun {
  const stream = new Stream(fixture.seed);
  const params = fixture.shapes.map((shape) => new Param(stream.floats(size(shape), 1), shape));
  const { groups } = fixture;
  const create = (): Optimizer =>
    new (optimizerClass(fixture.optimizer))(
      groups ? params.map((param, i) => ({ params: [param], ...groups[i] })) : params,
      fixture.options,
    );
  let optimizer = create();
  const losses: number[] = [];
  if (fixture.problem) {
    const problem = PROBLEMS[fixture.problem];
    for (let step = 0; step < 5; step++) {
      losses.push(optimizer.step(() => evaluate(problem, params))!);
      optimizer = replace(optimizer, step, create);
    }
    return { params, optimizer, losses };
  }
  for (let step = 0; step < fixtures.steps; step++) {
    setGrads(fixture, params, stream, step);
    optimizer.step();
    optimizer = replace(optimizer, step, create);
  }
  return { params, optimizer, losses };
}

function evaluate(problem: (x: number[]) => { loss: number; grad: number[] }, params: Param[]): number {
  const { loss, grad } = problem(params.flatMap((param) => [...param.data]));
  let at = 0;
  for (const param of params) {
    param.grad = Float32Array.from(grad.slice(at, at + param.data.length));
    at += param.data.length;
  }
  return loss;
}

/** The largest difference over max(1, |expected|). */
export function errorOf(actual: ArrayLike<number>, expected: readonly (number | string)[]): number {
  let worst = actual.length === expected.length ? 0 : Infinity;
  expected.forEach((value, i) => {
    const want = Number(value);
    if (Object.is(actual[i], want) || (Number.isNaN(actual[i]) && Number.isNaN(want))) return;
    const error = Math.abs(actual[i]! - want) / Math.max(1, Math.abs(want));
    worst = error >= worst || Number.isNaN(error) ? (Number.isNaN(error) ? Infinity : error) : worst;
  });
  return worst;
}

/** The largest error of a case's parameters. */
export function caseError(fixture: OptimizerCase): number {
  const { params } = runCase(fixture);
  return Math.max(...params.map((param, i) => errorOf(param.data, fixture.expected[i]!)));
}
