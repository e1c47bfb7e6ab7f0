/** Every optimizer against PyTorch's results, and PyTorch's own configurations and error inputs. */
import { describe, expect, test } from 'vitest';
import { Param, setWarningHandler } from '../src/index.ts';
import {
  caseError,
  errorOf,
  fixtures,
  optimizerClass,
  runCase,
  type OptimizerCase,
} from './optimizer-fixtures.ts';

/** What the updates may differ by after 30 steps; LBFGS's line search amplifies PyTorch's own float32 rounding. */
const BOUND = 4e-6;
const LBFGS_BOUND = 1e-3;

const boundOf = (name: string): number => (name === 'LBFGS' ? LBFGS_BOUND : BOUND);

function titleOf({ options, seed, suite, groups, problem, sparse }: OptimizerCase): string {
  return JSON.stringify({ ...options, groups, problem, sparse, suite, seed });
}

const byOptimizer = new Map<string, OptimizerCase[]>();
for (const each of fixtures.cases) {
  byOptimizer.set(each.optimizer, [...(byOptimizer.get(each.optimizer) ?? []), each]);
}

test('the fixture has the cases that it is to have', () => {
  expect(fixtures.cases.length).toBeGreaterThanOrEqual(300);
  expect(fixtures.cases.filter((each) => each.suite !== undefined)).toHaveLength(91);
  expect(fixtures.errors).toHaveLength(124);
});

describe.each([...byOptimizer])('%s', (name, cases) => {
  test.each(cases.map((each) => [titleOf(each), each] as const))('%s', (_title, fixture) => {
    expect(caseError(fixture)).toBeLessThanOrEqual(boundOf(name));
  });

  test.each(['JSON', 'structuredClone'])('goes on to the bit from a state dict through %s', (way) => {
    const copy = way === 'JSON' ? <T>(value: T) => JSON.parse(JSON.stringify(value)) as T : structuredClone;
    for (const fixture of [cases[0]!, cases.at(-1)!]) {
      const straight = runCase(fixture).params;
      const resumed = runCase(fixture, (optimizer, _step, create) => {
        const next = create();
        next.loadStateDict(copy(optimizer.stateDict()));
        return next;
      }).params;
      resumed.forEach((param, i) => expect(param.data).toEqual(straight[i]!.data));
    }
  });
});

const withState = fixtures.cases.filter((each) => each.state !== undefined);

test.each(withState.map((each) => [each.optimizer, each.suite, each] as const))(
  '%s (%s) has the state that PyTorch has, under our names',
  (name, _suite, fixture) => {
    const { optimizer, params } = runCase(fixture);
    const state = optimizer.state.get(params[0]!) ?? {};
    expect(Object.keys(state).sort()).toEqual(Object.keys(fixture.state!).sort());
    for (const [key, want] of Object.entries(fixture.state!)) {
      const got = typeof want === 'number' ? [state[key] as number] : (state[key] as Float32Array);
      expect(errorOf(got, [want].flat()), key).toBeLessThanOrEqual(boundOf(name));
    }
  },
);

describe("PyTorch's error inputs", () => {
  /** JSON has `{ tensor }` where PyTorch was given a tensor; an object is as wrong here. */
  const paramsOf: Record<string, () => unknown> = {
    'invalid param type': () => matrix(),
    'a param group cannot have duplicate parameters': () => {
      const param = matrix();
      return [param, param];
    },
    'duplicate parameters should not occur across param groups either': () => {
      const param = matrix();
      return [{ params: param }, { params: param }];
    },
    'all optimizer params should be with/without names': () => [['weight', matrix()], matrix()],
    'all optimizer param groups should be with/without names.': () => [
      { params: [matrix()], lr: 1e-2 },
      { params: [['weight', matrix()]] },
    ],
    'only support 2D parameters': () => [new Param(new Float32Array(24), [2, 3, 4])],
    'does not support complex parameters': () => [complex()],
    'complex not supported': () => [complex()],
    'dense params required': () => [sparse()],
    'dense params required in param_groups': () => [{ params: [sparse()] }],
  };
  const matrix = (): Param => new Param([0.5], [1, 1]);
  const complex = (): unknown => ({
    shape: [2, 3],
    data: new Float64Array(12),
    grad: null,
    requiresGrad: true,
  });
  const sparse = (): unknown => ({
    shape: [3],
    data: { indices: new Int32Array(0), values: new Float32Array(0) },
    grad: null,
    requiresGrad: true,
  });

  test.each(fixtures.errors.map((each) => [`${each.optimizer}: ${each.description}`, each] as const))(
    '%s',
    (_title, { optimizer, options, description, warns }) => {
      const create = (): unknown =>
        new (optimizerClass(optimizer))(paramsOf[description]?.() ?? [matrix()], options);
      const warnings: string[] = [];
      const previous = setWarningHandler((text) => warnings.push(text));
      try {
        if (warns) {
          create();
          expect(warnings).toEqual([expect.stringMatching(/^\[\w+\] .* more than once/)]);
        } else {
          expect(create).toThrow(/^\[\w+\] expected .* but received /);
        }
      } finally {
        setWarningHandler(previous);
      }
    },
  );
});
