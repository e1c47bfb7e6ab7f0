/** What holds for every optimizer, whatever the parameters and gradients. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Param, type Optimizer } from '../src/index.ts';
import { optimizerClass, Stream } from './optimizer-fixtures.ts';

/** Options under which buffers and counters differ between parameters. */
const OPTIMIZERS: [string, Record<string, unknown>][] = [
  ['SGD', { lr: 0.1, momentum: 0.9, dampening: 0.5 }],
  ['Adam', { lr: 0.1, amsgrad: true, weightDecay: 0.1 }],
  ['NAdam', { lr: 0.1 }],
  ['RAdam', { lr: 0.1, betas: [0.5, 0.6] }],
  ['Adamax', { lr: 0.1 }],
  ['Adagrad', { lr: 0.1, lrDecay: 0.5 }],
  ['Adadelta', {}],
  ['RMSprop', { momentum: 0.5, centered: true }],
  ['Rprop', {}],
  ['ASGD', { t0: 2, lambd: 0.1 }],
  ['Adafactor', {}],
  ['Muon', { lr: 0.1 }],
  ['Lion', { lr: 0.1 }],
  ['LAMB', { lr: 0.1 }],
  ['LARS', { lr: 0.1, momentum: 0.9 }],
];
const STEPS = 6;

interface Scenario {
  shapes: [number, number][];
  /** For each step and parameter: whether it has a gradient. */
  present: boolean[][];
  seed: number;
}

const scenario: fc.Arbitrary<Scenario> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((shapes) =>
    fc.record({
      shapes: fc.constant(shapes),
      present: fc.array(fc.array(fc.boolean(), { minLength: shapes.length, maxLength: shapes.length }), {
        minLength: STEPS,
        maxLength: STEPS,
      }),
      seed: fc.nat(),
    }),
  );

/** @param replace takes the place of the optimizers after a step */
function train(
  { shapes, present, seed }: Scenario,
  create: (params: Param[]) => Optimizer[],
  replace: (optimizers: Optimizer[], params: Param[], step: number) => Optimizer[] = (optimizers) =>
    optimizers,
): Float32Array[] {
  const stream = new Stream(seed);
  const params = shapes.map(([rows, cols]) => new Param(stream.floats(rows * cols, 1), [rows, cols]));
  let optimizers = create(params);
  for (let step = 0; step < STEPS; step++) {
    params.forEach((param, i) => {
      const grad = stream.floats(param.data.length, 0.5);
      param.grad = present[step]![i]! ? grad : null;
    });
    for (const optimizer of optimizers) optimizer.step();
    optimizers = replace(optimizers, params, step);
  }
  return params.map((param) => param.data);
}

test.each(OPTIMIZERS)('%s: parameters do not act on one another', (name, options) => {
  const together = (params: Param[]): Optimizer[] => [new (optimizerClass(name))(params, options)];
  const apart = (params: Param[]): Optimizer[] => params.flatMap((param) => together([param]));
  const inGroups = (params: Param[]): Optimizer[] => [
    new (optimizerClass(name))(
      params.map((param) => ({ params: [param] })),
      options,
    ),
  ];
  fc.assert(
    fc.property(scenario, (each) => {
      const want = train(each, together);
      expect(train(each, apart)).toEqual(want);
      expect(train(each, inGroups)).toEqual(want);
    }),
    { seed: 3, numRuns: 25 },
  );
});

test.each(OPTIMIZERS)('%s: resuming through JSON at any step is not resuming', (name, options) => {
  const create = (params: Param[]): Optimizer[] => [new (optimizerClass(name))(params, options)];
  fc.assert(
    fc.property(scenario, fc.nat(STEPS - 1), (each, at) => {
      const resumed = train(each, create, ([optimizer], params, step) => {
        if (step !== at) return [optimizer!];
        const [next] = create(params);
        next!.loadStateDict(JSON.parse(JSON.stringify(optimizer!.stateDict())));
        return [next!];
      });
      expect(resumed).toEqual(train(each, create));
    }),
    { seed: 5, numRuns: 25 },
  );
});
