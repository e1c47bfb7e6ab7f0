/**
 * The cases of PyTorch's own scheduler tests, test/optim/test_lrscheduler.py, under their names without `test_`, with the
 * values that those compute. Where PyTorch allows 1e-5, `expectClose` allows rounding only.
 *
 * Three groups of cases assert nothing in PyTorch; here they assert what they mean to: `closed_form_*` (which look at an
 * optimizer that no scheduler has), `compound_reduce_lr_on_plateau*` (whose list of targets is empty), and the groups beyond
 * the first wherever there are targets for that one only.
 *
 * Left out, since they have no meaning here: `no_cyclic_references`, `no_cyclic_references_in_step`,
 * `cycle_lr_removed_after_out_of_scope` (reference counts); `reduce_lr_on_plateau_preserves_lr_type` (learning rates that are
 * tensors); `lambda_lr_state_dict_obj` and the callable objects of `cycle_lr_state_dict_picklable` (functions with state that
 * is pickled); `onecycle_lr_legacy_state_dict` (old PyTorch's); `error_when_getlr_has_epoch` (an abstract method's
 * signature, which the compiler checks); the `*_with_arg` doubles of the warnings, which are their originals word for word.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  Adam,
  AdamW,
  ArgumentError,
  ArgumentRangeError,
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  exactMath,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiplicativeLR,
  MultiStepLR,
  OneCycleLR,
  Param,
  PolynomialLR,
  ReduceLROnPlateau,
  Rprop,
  SequentialLR,
  setWarningHandler,
  SGD,
  StateError,
  StepLR,
  SWALR,
  type CyclicLROptions,
  type LRScheduler,
  type OneCycleLROptions,
  type ReduceLROnPlateauOptions,
  type SchedulerOptions,
} from '../src/index.ts';

const { cos, pow } = exactMath;

const twoGroups = (): { params: Param[]; lr?: number }[] => [
  { params: [new Param([0]), new Param([0])] },
  { params: [new Param([0]), new Param([0])], lr: 0.5 },
];
const sgd = (): SGD => new SGD(twoGroups(), { lr: 0.05 });
const adam = (): Adam => new Adam(twoGroups(), { lr: 0.05 });
const oneGroup = (lr: number): SGD => new SGD([new Param([0, 0])], { lr });

const repeat = (count: number, value: number): number[] => new Array<number>(count).fill(value);
const range = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));
/** Targets of the group of 0.05 and of that of 0.5. */
const tenfold = (single: number[]): number[][] => [single, single.map((x) => x * 10)];

const EPSILON = 2 ** -52;

/** Within 32 roundings of the largest target: chains here are at most 100 steps long, and their errors go both ways. */
function expectClose(received: number, target: number, scale: number, at: string): void {
  expect(Math.abs(received - target), `${at}: ${received}, expected ${target}`).toBeLessThanOrEqual(
    32 * EPSILON * scale,
  );
}

const largest = (targets: readonly number[][]): number => Math.max(...targets.flat().map(Math.abs));

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  setWarningHandler((text) => warnings.push(text));
});
afterEach(() => void setWarningHandler(null));

// --- learning rates epoch by epoch -----------------------------------------------------------------------------------

type Make = (optimizer: SGD) => LRScheduler | LRScheduler[];

const step3: Make = (o) => new StepLR(o, { stepSize: 3, gamma: 0.1 });
const multiStep: Make = (o) => new MultiStepLR(o, { gamma: 0.1, milestones: [2, 5, 9] });
const constantHalf: Make = (o) => new ConstantLR(o, { factor: 1 / 2, totalIters: 5 });
const linearHalf: Make = (o) => new LinearLR(o, { startFactor: 1 / 2, totalIters: 4 });
const cosine10: Make = (o) => new CosineAnnealingLR(o, { tMax: 10, etaMin: 1e-10 });
const exponential9: Make = (o) => new ExponentialLR(o, { gamma: 0.9 });

const STEP = [...repeat(3, 0.05), ...repeat(3, 0.005), ...repeat(3, 0.0005), ...repeat(3, 0.00005)];
const MULTI_STEP = [...repeat(2, 0.05), ...repeat(3, 0.005), ...repeat(4, 0.0005), ...repeat(3, 0.00005)];
const CONSTANT = [...repeat(5, 0.025), ...repeat(5, 0.05)];
const EXPONENTIAL = range(12, (x) => 0.05 * pow(0.9, x));
const ramp = (from: number, to: number, iters: number) => (i: number) =>
  i < iters ? from + (i / iters) * (to - from) : to;
const LINEAR = range(10, (i) => 0.05 * ramp(1 / 2, 1, 4)(i));
const cosineAt = (base: number, etaMin: number, part: number): number =>
  etaMin + ((base - etaMin) * (1 + cos(Math.PI * part))) / 2;
const cosine = (base: number): number[] => range(10, (x) => cosineAt(base, 1e-10, x / 10));
const COSINE = cosine(0.05);
const polynomial = (lr: number): number[] => range(10, (x) => lr * pow(Math.max(0, 1 - x / 5), 0.9));

const sequential3: Make = (o) =>
  new SequentialLR(o, {
    schedulers: [
      new ConstantLR(o, { factor: 0.1, totalIters: 3 }),
      new ExponentialLR(o, { gamma: 0.8 }),
      new StepLR(o, { stepSize: 2, gamma: 0.1 }),
    ],
    milestones: [3, 6],
  });
const SEQUENTIAL3 = [...repeat(3, 0.005), 0.05, 0.04, 0.032, 0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005];

/** `epoch`: after step(epoch); `lastLr`: getLastLr() before each step; else the groups before each step. */
type Look = 'groups' | 'lastLr' | 'epoch';

const curves: [name: string, make: Make, targets: number[][], look?: Look][] = [
  ['step_lr', step3, tenfold(STEP)],
  ['get_last_lr_step_lr', step3, tenfold(STEP), 'lastLr'],
  ['multi_step_lr', multiStep, tenfold(MULTI_STEP)],
  ['multi_step_lr_with_epoch', multiStep, tenfold(MULTI_STEP), 'epoch'],
  ['get_last_lr_multi_step_lr', multiStep, tenfold(MULTI_STEP), 'lastLr'],
  ['constantlr', constantHalf, tenfold(CONSTANT)],
  ['constantlr_with_epoch', constantHalf, tenfold(CONSTANT), 'epoch'],
  ['get_last_lr_constantlr', constantHalf, tenfold(CONSTANT), 'lastLr'],
  ['linearlr', linearHalf, tenfold(LINEAR)],
  ['linearlr_with_epoch', linearHalf, tenfold(LINEAR), 'epoch'],
  [
    'get_last_lr_linearlr',
    (o) => new LinearLR(o, { startFactor: 1 / 4, endFactor: 3 / 5, totalIters: 4 }),
    tenfold(range(10, (i) => 0.05 * ramp(1 / 4, 3 / 5, 4)(i))),
    'lastLr',
  ],
  ['exp_lr', exponential9, tenfold(EXPONENTIAL)],
  ['poly_lr', (o) => new PolynomialLR(o, { power: 0.9, totalIters: 5 }), tenfold(polynomial(0.05))],
  ['cos_anneal_lr', cosine10, [COSINE, cosine(0.5)]],
  [
    'sequentiallr1',
    (o) => {
      const schedulers = [new ExponentialLR(o, { gamma: 0.8 }), new StepLR(o, { stepSize: 4, gamma: 0.1 })];
      return new SequentialLR(o, { schedulers, milestones: [3] });
    },
    tenfold([0.05, 0.04, 0.032, ...range(16, (i) => 0.05 * pow(0.1, Math.floor(i / 4)))]),
  ],
  [
    'sequentiallr2',
    (o) => {
      const schedulers = [
        new ConstantLR(o, { factor: 0.1, totalIters: 3 }),
        new ExponentialLR(o, { gamma: 0.9 }),
      ];
      return new SequentialLR(o, { schedulers, milestones: [3] });
    },
    tenfold([...repeat(3, 0.005), ...range(10, (x) => 0.05 * pow(0.9, x))]),
  ],
  ['sequentiallr3', sequential3, tenfold(SEQUENTIAL3)],
  ['get_last_lr_sequentiallr', sequential3, tenfold(SEQUENTIAL3), 'lastLr'],
  [
    'sequentiallr5',
    (o) => {
      const constant = new ConstantLR(o, { factor: 0.1, totalIters: 5 });
      const linear = new LinearLR(o, { startFactor: 0.1, totalIters: 5 });
      const schedulers = [
        new ChainedScheduler([linear, constant]),
        new ConstantLR(o, { factor: 0.5, totalIters: 5 }),
      ];
      return new SequentialLR(o, { schedulers, milestones: [5] });
    },
    tenfold([0.0005, 0.0014, 0.0023, 0.0032, 0.0041, ...repeat(5, 0.025)]),
  ],
  ['chained_lr1', (o) => new ChainedScheduler([step3(o)].flat()), tenfold(STEP)],
  [
    'chained_lr2',
    (o) => new ChainedScheduler([new LinearLR(o, { startFactor: 0.4, totalIters: 3 })]),
    tenfold([0.02, 0.03, 0.04, ...repeat(9, 0.05)]),
  ],
  [
    'chained_lr3',
    (o) =>
      new ChainedScheduler([
        new LinearLR(o, { startFactor: 0.4, totalIters: 3 }),
        new MultiStepLR(o, { milestones: [4, 8, 10], gamma: 0.1 }),
      ]),
    tenfold([0.02, 0.03, 0.04, 0.05, ...repeat(4, 0.005), 0.0005, 0.0005, 0.00005]),
  ],
  [
    'chained_lr4',
    (o) =>
      new ChainedScheduler([
        new ExponentialLR(o, { gamma: 0.9 }),
        new ConstantLR(o, { factor: 0.2, totalIters: 4 }),
        new StepLR(o, { stepSize: 3, gamma: 0.1 }),
      ]),
    tenfold(range(9, (x) => 0.05 * (x < 4 ? 0.2 : 1) * pow(0.9, x) * pow(0.1, Math.floor(x / 3)))),
  ],
  [
    'chained_lr5',
    (o) =>
      new ChainedScheduler([
        new PolynomialLR(o, { power: 0.9, totalIters: 5 }),
        new ConstantLR(o, { factor: 0.1 }),
      ]),
    [polynomial(0.05).map((x) => x * 0.1), polynomial(0.5).map((x) => x * 0.1)],
  ],
  [
    'compound_step_and_multistep_lr',
    (o) => [step3(o), multiStep(o)].flat(),
    tenfold([0.05, 0.05, 0.005, 5e-4, 5e-4, 5e-5, 5e-6, 5e-6, 5e-6, 5e-8]),
  ],
  [
    'compound_step_and_exp_lr',
    (o) => [step3(o), exponential9(o)].flat(),
    tenfold(STEP.map((x, i) => x * pow(0.9, i))),
  ],
  [
    'compound_exp_and_multistep_lr',
    (o) => [multiStep(o), exponential9(o)].flat(),
    tenfold(MULTI_STEP.map((x, i) => x * pow(0.9, i))),
  ],
  [
    'compound_exp_and_linearlr',
    (o) => [new LinearLR(o, { startFactor: 0.4, endFactor: 0.9, totalIters: 4 }), exponential9(o)].flat(),
    tenfold(EXPONENTIAL.map((x, i) => x * ramp(0.4, 0.9, 4)(i))),
  ],
  [
    'compound_step_and_constantlr',
    (o) => [step3(o), new ConstantLR(o, { factor: 0.4, totalIters: 4 })].flat(),
    tenfold(STEP.map((x, i) => (i < 4 ? x * 0.4 : x))),
  ],
  [
    'compound_linearlr_and_multistep_lr',
    (o) => [multiStep(o), new LinearLR(o, { startFactor: 0.4, totalIters: 4 })].flat(),
    tenfold(MULTI_STEP.map((x, i) => x * ramp(0.4, 1, 4)(i))),
  ],
];

/** With what PyTorch's targets leave out: that the other scheduler's factor acts on `etaMin` too. */
const withEtaMin: [name: string, make: Make, factor: (epoch: number) => number][] = [
  [
    'compound_cosanneal_and_step_lr',
    (o) => [cosine10(o), step3(o)].flat(),
    (x) => pow(0.1, Math.floor(x / 3)),
  ],
  [
    'compound_cosanneal_and_multistep_lr',
    (o) => [cosine10(o), multiStep(o)].flat(),
    (x) => MULTI_STEP[x]! / 0.05,
  ],
  [
    'compound_cosanneal_and_linearlr',
    (o) => [new LinearLR(o, { startFactor: 0.4, totalIters: 4 }), cosine10(o)].flat(),
    ramp(0.4, 1, 4),
  ],
  [
    'compound_cosanneal_and_exp_lr',
    (o) => [cosine10(o), new ExponentialLR(o, { gamma: 0.1 })].flat(),
    (x) => pow(0.1, x),
  ],
];

function drive(schedulers: LRScheduler[], optimizer: SGD, steps: number, look: Look = 'groups'): number[][] {
  return range(steps, (epoch) => {
    const before = optimizer.paramGroups.map(({ lr }) => lr);
    const last = schedulers.map((scheduler) => scheduler.getLastLr());
    optimizer.step();
    for (const scheduler of schedulers) scheduler.step(look === 'epoch' ? epoch : undefined);
    if (look === 'epoch') return optimizer.paramGroups.map(({ lr }) => lr);
    return look === 'lastLr' ? last[0]! : before;
  });
}

describe('curves', () => {
  test.each(curves)('%s', (name, make, targets, look) => {
    const optimizer = sgd();
    const schedulers = [make(optimizer)].flat();
    const curve = drive(schedulers, optimizer, targets[0]!.length, look);
    curve.forEach((lrs, epoch) => {
      lrs.forEach((lr, group) => {
        expectClose(lr, targets[group]![epoch]!, largest(targets), `group ${group}, epoch ${epoch}`);
      });
    });
    if (!name.startsWith('chained')) return;
    const chained = schedulers[0] as ChainedScheduler;
    expect(chained.getLastLr()).toEqual(chained.schedulers.at(-1)!.getLastLr());
  });

  test.each(withEtaMin)('%s', (_, make, factor) => {
    const optimizer = sgd();
    const curve = drive([make(optimizer)].flat(), optimizer, 10);
    curve.forEach(([lr], epoch) => {
      expect(Math.abs(lr! - COSINE[epoch]! * factor(epoch))).toBeLessThanOrEqual(1.5e-10); // etaMin 1e-10, and what follows from it
    });
  });

  test('sequentiallr_does_not_alias_lr_and_initial_lr', () => {
    const optimizer = oneGroup(2);
    const schedulers = [
      new LinearLR(optimizer, { startFactor: 0.1, endFactor: 0.8, totalIters: 4 }),
      new LinearLR(optimizer, { startFactor: 0.8, endFactor: 0.1, totalIters: 4 }),
    ];
    const scheduler = new SequentialLR(optimizer, { schedulers, milestones: [4] });
    const targets = [0.2, 0.55, 0.9, 1.25, 1.6, 1.25, 0.9, 0.55];
    drive([scheduler], optimizer, 8).forEach(([lr], i) => expectClose(lr!, targets[i]!, 2, `epoch ${i}`));
    expect(optimizer.paramGroups[0]!).toMatchObject({ initialLr: 2 });
  });

  test('sequentiallr4', () => {
    const optimizer = oneGroup(0.1);
    const schedulers = [new ConstantLR(optimizer, { factor: 1 }), new ConstantLR(optimizer, { factor: 0.1 })];
    new SequentialLR(optimizer, { schedulers, milestones: [10] });
    expect(optimizer.paramGroups[0]!.lr).toBe(0.1);
  });

  test('sequentiallr_no_warnings', () => {
    const optimizer = sgd();
    const schedulers = [
      new LinearLR(optimizer, { startFactor: 0.5, endFactor: 0.1, totalIters: 5 }),
      new ExponentialLR(optimizer, { gamma: 0.9 }),
    ];
    drive([new SequentialLR(optimizer, { schedulers, milestones: [5] })], optimizer, 10);
    expect(warnings).toEqual([]);
  });

  test('chained_lr2_get_last_lr_before_step', () => {
    const optimizer = sgd();
    const schedulers = [
      new LinearLR(optimizer, { startFactor: 0.4, totalIters: 3 }),
      new MultiStepLR(optimizer, { milestones: [4, 8, 10], gamma: 0.1 }),
    ];
    expect(new ChainedScheduler(schedulers).getLastLr()).toEqual(schedulers[1]!.getLastLr());
  });

  const lambdas = [
    ['lambda_lr', (o: SGD) => new LambdaLR(o, { lrLambda: [(x) => pow(0.9, x), (x) => pow(0.8, x)] })],
    ['multiplicative_lr', (o: SGD) => new MultiplicativeLR(o, { lrLambda: [() => 0.9, () => 0.8] })],
  ] as const;

  test.each(lambdas)('%s', (_, make) => {
    const optimizer = sgd();
    optimizer.paramGroups[1]!.lr = 0.4;
    drive([make(optimizer)], optimizer, 10).forEach(([first, second], x) => {
      expectClose(first!, 0.05 * pow(0.9, x), 0.4, `epoch ${x}`);
      expectClose(second!, 0.4 * pow(0.8, x), 0.4, `epoch ${x}`);
    });
  });

  const constant: [string, Make][] = [
    ['step_lr', (o) => new StepLR(o, { stepSize: 2 })],
    ['exponential_lr', exponential9],
    ['constantlr', (o) => new ConstantLR(o)],
    ['linear_linearlr', (o) => new LinearLR(o)],
    ['polynomial_lr', (o) => new PolynomialLR(o, { power: 0.9 })],
  ];

  test.each(constant)('%s_is_constant_for_constant_epoch', (_, make) => {
    const optimizer = sgd();
    const scheduler = make(optimizer) as LRScheduler;
    const lrs = range(10, () => {
      optimizer.step();
      scheduler.step(2);
      return optimizer.paramGroups[0]!.lr;
    });
    expect(new Set(lrs).size).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('epoch parameter')]); // once, where PyTorch warns each time
  });

  const closed: [string, Make][] = [
    ['step_lr', step3],
    ['linearlr', (o) => new LinearLR(o, { startFactor: 1 / 3, endFactor: 0.7, totalIters: 4 })],
    ['constantlr', (o) => new ConstantLR(o, { factor: 1 / 3, totalIters: 4 })],
    ['multi_step_lr', multiStep],
    ['exp_lr', exponential9],
    ['poly_lr', (o) => new PolynomialLR(o, { power: 0.9 })],
    ['cos_anneal_lr', (o) => new CosineAnnealingLR(o, { tMax: 5, etaMin: 1e-10 })],
  ];

  test.each(closed)('closed_form_%s', (_, make) => {
    const [chain, jump] = [sgd(), sgd()];
    const [chained, jumping] = [make(chain) as LRScheduler, make(jump) as LRScheduler];
    for (let epoch = 1; epoch <= 20; epoch++) {
      chain.step();
      jump.step();
      chained.step();
      jumping.step(epoch);
      chain.paramGroups.forEach(({ lr }, group) => {
        expectClose(lr, jump.paramGroups[group]!.lr, 0.5, `group ${group}, epoch ${epoch}`);
      });
    }
  });

  test('cos_anneal_lr_continue', () => {
    const optimizer = sgd();
    const scheduler = new CosineAnnealingLR(optimizer, { tMax: 5, etaMin: 0.1 });
    optimizer.step();
    scheduler.step();
    const resumed = new CosineAnnealingLR(optimizer, { tMax: 5, etaMin: 0.1, lastEpoch: 0 });
    expect(resumed.getLastLr()).toEqual(scheduler.getLastLr());
  });

  test('cosine_then_cyclic', () => {
    const optimizer = oneGroup(0.5);
    const first = new CosineAnnealingLR(optimizer, { tMax: 20, etaMin: 0.1 });
    const cycle = { baseLr: 0.1, maxLr: 0.3, stepSizeUp: 1, stepSizeDown: 3, cycleMomentum: true };
    const second = new CyclicLR(optimizer, cycle);
    for (let i = 0; i < 40; i++) {
      optimizer.step();
      (i <= first.tMax ? first : second).step();
    }
    expect(optimizer.paramGroups[0]!.lr).toBeLessThanOrEqual(0.3);
  });
});

// --- plateaus --------------------------------------------------------------------------------------------------------

const falling = (by: number): number[] => range(22, (i) => 10 - i * by);
const growing = (by: number): number[] => range(20, (i) => 1.5 * pow(by, i));
const MAX_REL = { mode: 'max', thresholdMode: 'rel', threshold: 0.1, patience: 5, cooldown: 5 } as const;
const MIN_ABS = { mode: 'min', thresholdMode: 'abs', threshold: 0.1, patience: 5, cooldown: 0 } as const;
const MAX_ABS = { mode: 'max', thresholdMode: 'abs', patience: 5, cooldown: 5 } as const;
const FLAT = { mode: 'min', thresholdMode: 'abs', threshold: 0.01, patience: 5, cooldown: 5 } as const;
const TWICE = [...repeat(6, 0.5), ...repeat(11, 0.05), ...repeat(3, 0.005)];
const EVERY7 = [...repeat(6, 0.5), ...repeat(7, 0.05), ...repeat(7, 0.005), ...repeat(2, 0.0005)];
const AFTER_TWO = [...repeat(8, 0.5), ...repeat(11, 0.05), ...repeat(3, 0.005)];
const DROPPED = [...repeat(2, -0.8), ...repeat(20, -0.234)];
const IMPROVED = [...repeat(7, 1), 0.6, ...repeat(12, 0.5)];

/** The learning rates after each step. */
function descend(
  optimizer: SGD,
  schedulers: readonly LRScheduler[],
  metrics: readonly number[],
  at?: (epoch: number) => void,
): number[][] {
  return metrics.map((metric, epoch) => {
    at?.(epoch);
    optimizer.step();
    for (const scheduler of schedulers) {
      scheduler.step(scheduler instanceof ReduceLROnPlateau ? metric : undefined);
    }
    return optimizer.paramGroups.map(({ lr }) => lr);
  });
}

function expectCurve(curve: readonly number[][], ...targets: number[][]): void {
  curve.forEach((lrs, epoch) => {
    targets.forEach((target, group) => {
      expectClose(lrs[group]!, target[epoch]!, target[epoch]!, `group ${group}, epoch ${epoch}`);
    });
  });
}

describe('reduce_lr_on_plateau', () => {
  const at = (lr: number): SGD => {
    const optimizer = sgd();
    for (const group of optimizer.paramGroups) group.lr = lr;
    return optimizer;
  };

  const rows: [string, ReduceLROnPlateauOptions, number[], ...number[][]][] = [
    ['1', FLAT, falling(0.0167).slice(0, 10), repeat(10, 0.5)],
    ['2', MIN_ABS, falling(0.0165), EVERY7],
    ['3', MAX_ABS, DROPPED, AFTER_TWO],
    ['4', { ...MAX_REL, patience: 3, cooldown: 0 }, growing(1.025), repeat(20, 0.5)],
    ['5', MAX_REL, growing(1.005), TWICE],
    ['6', { mode: 'min', thresholdMode: 'rel', threshold: 0.1 }, growing(0.85), repeat(20, 0.5)],
    ['7', { ...MAX_REL, mode: 'min' }, IMPROVED, TWICE],
    [
      '8',
      { ...MAX_REL, minLr: [0.4, 0.3] },
      growing(1.005),
      [...repeat(6, 0.5), ...repeat(14, 0.4)],
      [...repeat(6, 0.5), ...repeat(14, 0.3)],
    ],
  ];

  test.each(rows)('reduce_lr_on_plateau%s', (_, options, metrics, first, second = first) => {
    const optimizer = at(0.5);
    expectCurve(descend(optimizer, [new ReduceLROnPlateau(optimizer, options)], metrics), first!, second!);
  });

  test('reduce_lr_on_plateau_get_last_lr_before_step', () => {
    expect(new ReduceLROnPlateau(at(0.5)).getLastLr()).toEqual([0.5, 0.5]);
  });

  const compound: [string, number, ReduceLROnPlateauOptions, Make, number[], (e: number) => number][] = [
    ['1', 0.5, FLAT, step3, falling(0.0167).slice(0, 10), (e) => 0.5 * pow(0.1, Math.floor((e + 1) / 3))],
    [
      '2',
      0.5,
      MIN_ABS,
      (o) => new MultiStepLR(o, { gamma: 0.1, milestones: [3, 8, 12] }),
      falling(0.0165),
      (e) => EVERY7[e]! * (e + 1 < 3 ? 1 : e + 1 < 8 ? 0.1 : e + 1 < 12 ? 0.01 : 0.001),
    ],
    [
      '3', // from epoch 8 on the learning rate is too small for a reduction to exceed eps
      0.5,
      MAX_ABS,
      (o) => new ExponentialLR(o, { gamma: 0.1 }),
      DROPPED,
      (e) => 0.5 * pow(0.1, e + 1),
    ],
    [
      '4',
      0.05,
      { ...MAX_REL, patience: 3, cooldown: 0 },
      cosine10,
      growing(1.025).slice(0, 9),
      (e) => COSINE[e + 1]!,
    ],
    [
      '5',
      0.5,
      MIN_ABS,
      (o) => new LinearLR(o, { startFactor: 0.4, totalIters: 4 }),
      falling(0.0165),
      (e) => EVERY7[e]! * ramp(0.4, 1, 4)(e + 1),
    ],
  ];

  test.each(compound)('compound_reduce_lr_on_plateau%s', (_, lr, options, make, metrics, target) => {
    const optimizer = at(lr);
    const schedulers = [new ReduceLROnPlateau(optimizer, options), make(optimizer)].flat();
    const targets = metrics.map((_metric, epoch) => target(epoch));
    expectCurve(descend(optimizer, schedulers, metrics), targets, targets);
  });

  test.each(['scalar', 'list'])('add_param_group_does_not_break_reduce_lr_on_plateau: %s', (minLr) => {
    const optimizer = at(0.5);
    const options = { ...MAX_REL, mode: 'min' as const, minLr: minLr === 'scalar' ? 0 : [1e-5, 1e-4] };
    const scheduler = new ReduceLROnPlateau(optimizer, options);
    const curve = descend(optimizer, [scheduler], IMPROVED, (epoch) => {
      if (epoch !== 8) return;
      optimizer.addParamGroup({ params: [new Param([0])], lr: 0.05 });
      if (minLr === 'list') scheduler.minLrs.push(1e-6);
    });
    expectCurve(curve, TWICE, TWICE);
  });

  test('add_param_group_errors_reduce_lr_on_plateau', () => {
    const optimizer = sgd();
    const scheduler = new ReduceLROnPlateau(optimizer, { patience: 0, threshold: 1e-5, minLr: [1e-5, 1e-4] });
    optimizer.addParamGroup({ params: [new Param([0])], lr: 0.05 });
    optimizer.step();
    expect(() => scheduler.step(1)).toThrow(StateError); // at once: PyTorch notices at the first reduction
  });
});

// --- cycles, with their momenta --------------------------------------------------------------------------------------

const TRIANGLE = [1, 2, 3, 4, 5, 4, 3, 2, 1, 2, 3];
const HALVING = [
  ...[1, 2, 3, 4, 5, 4, 3, 2],
  ...[1, 1.5, 2, 2.5, 3, 2.5, 2, 1.5],
  ...[1, 1.25, 1.5, 1.75, 2, 1.75],
];
const HALVING_2_6 = [
  ...[1, 3, 5, 13 / 3, 11 / 3, 3, 7 / 3, 5 / 3],
  ...[1, 2, 3, 8 / 3, 7 / 3, 2, 5 / 3, 4 / 3],
  ...[1, 3 / 2, 2, 11 / 6, 10 / 6, 9 / 6, 8 / 6, 7 / 6],
];
const UP_4_DOWN_6 = [1, 2, 3, 4, 5, 13 / 3, 11 / 3, 3, 7 / 3, 5 / 3, 1];
const PARTS = [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0, 0.25, 0.5, 0.75, 1];
const PARTS_2_6 = [0, 0.5, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0, 0.5, 1, 5 / 6, 4 / 6];
const decaying = (parts: number[], base: number, max: number): number[] =>
  parts.map((x, i) => base + x * (max - base) * pow(0.9, i));
const plus = (values: number[], by: number): number[] => values.map((x) => x + by);

const one = { baseLr: 1, maxLr: 5, stepSizeUp: 4, baseMomentum: 1, maxMomentum: 5 };
const two = (by: number): CyclicLROptions => {
  const [low, high] = [
    [1, 1 + by],
    [5, 5 + by],
  ];
  return { baseLr: low, maxLr: high, stepSizeUp: 4, baseMomentum: low, maxMomentum: high };
};
const ranges = { baseLr: [1, 5], maxLr: [5, 12], baseMomentum: [1, 5], maxMomentum: [5, 12] };

/** Learning rates; momenta mirror them between the bounds of the group. */
const cycles: [name: string, options: CyclicLROptions, first: number[], second?: number[]][] = [
  ['triangular_mode_one_lr', one, TRIANGLE],
  ['triangular2_mode_one_lr', { ...one, mode: 'triangular2' }, HALVING],
  ['exp_range_mode_one_lr', { ...one, mode: 'exp_range', gamma: 0.9 }, decaying(PARTS, 1, 5)],
  ['triangular_mode', two(1), TRIANGLE, plus(TRIANGLE, 1)],
  ['triangular2_mode', { ...two(2), mode: 'triangular2' }, HALVING, plus(HALVING, 2)],
  [
    'exp_range_mode',
    { ...ranges, stepSizeUp: 4, mode: 'exp_range', gamma: 0.9 },
    decaying(PARTS, 1, 5),
    decaying(PARTS, 5, 12),
  ],
  ['triangular_mode_step_size_up_down', { ...one, stepSizeDown: 6 }, UP_4_DOWN_6],
  [
    'triangular2_mode_step_size_up_down',
    { ...two(2), mode: 'triangular2', stepSizeUp: 2, stepSizeDown: 6 },
    HALVING_2_6,
    plus(HALVING_2_6, 2),
  ],
  [
    'exp_range_mode_step_size_up_down',
    { ...one, mode: 'exp_range', gamma: 0.9, stepSizeUp: 2, stepSizeDown: 6 },
    decaying(PARTS_2_6, 1, 5),
  ],
];

/** [step][group] of learning rates and of momenta. */
function cycle(optimizer: SGD | Adam, scheduler: LRScheduler, steps: number): [number[][], number[][]] {
  const groups = optimizer.paramGroups as unknown as { lr: number; momentum: number; betas?: number[] }[];
  const lrs: number[][] = [];
  const momenta: number[][] = [];
  for (let i = 0; i < steps; i++) {
    lrs.push(groups.map(({ lr }) => lr));
    momenta.push(groups.map(({ betas, momentum }) => betas?.[0] ?? momentum));
    optimizer.step();
    scheduler.step();
  }
  return [lrs, momenta];
}

const bound = (value: number | readonly number[], group: number): number =>
  typeof value === 'number' ? value : value[group]!;

describe('cycle_lr', () => {
  test.each(cycles)('cycle_lr_%s', (_, options, first, second = first) => {
    const optimizer = sgd();
    const [lrs, momenta] = cycle(optimizer, new CyclicLR(optimizer, options), first.length);
    [first, second].forEach((target, group) => {
      const sum = bound(options.baseLr, group) + bound(options.maxLr, group);
      target.forEach((lr, i) => {
        expectClose(lrs[i]![group]!, lr, sum, `lr of group ${group}, step ${i}`);
        expectClose(momenta[i]![group]!, sum - lr, sum, `momentum of group ${group}, step ${i}`);
      });
    });
  });

  const still = { baseLr: 1, maxLr: 5, stepSizeUp: 4, cycleMomentum: false };

  test.each([
    ['triangular_mode_one_lr_no_momentum', sgd, 0],
    ['with_momentumless_optimizer', adam, 0.9],
  ] as const)('cycle_lr_%s', (_, make, momentum) => {
    const optimizer = make();
    const [lrs, momenta] = cycle(optimizer, new CyclicLR(optimizer, still), 11);
    expect(lrs).toEqual(TRIANGLE.map((lr) => [lr, lr]));
    expect(momenta).toEqual(TRIANGLE.map(() => [momentum, momentum]));
  });

  test('cycle_lr_cycle_momentum_fail_with_momentumless_optimizer', () => {
    const optimizer = new Rprop([new Param([0])]);
    expect(() => new CyclicLR(optimizer, { baseLr: 1, maxLr: 5, cycleMomentum: true })).toThrow(
      ArgumentError,
    );
  });

  test('cycle_lr_cycle_momentum_with_beta1_optimizer', () => {
    const optimizer = adam();
    new CyclicLR(optimizer, { baseLr: 1, maxLr: 5, cycleMomentum: true });
    expect(optimizer.paramGroups.map(({ betas }) => betas[0])).toEqual([0.9, 0.9]);
  });

  test('cycle_lr_state_dict_picklable', () => {
    for (const scaleFn of [null, () => 0.5]) {
      const state = new CyclicLR(adam(), { ...still, scaleFn }).stateDict();
      expect(structuredClone(state)).toEqual(state);
      expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      expect(Object.keys(state).filter((key) => key.startsWith('scaleFn'))).toEqual([]);
    }
  });

  test('cycle_lr_scale_fn_restored_from_state_dict', () => {
    const scheduler = new CyclicLR(adam(), { ...still, mode: 'triangular2' });
    const optimizer = adam();
    const restored = new CyclicLR(optimizer, still);
    restored.loadStateDict(scheduler.stateDict());
    expect(restored.mode).toBe('triangular2');
    expect(cycle(optimizer, restored, HALVING.length)[0]).toEqual(HALVING.map((lr) => [lr, lr]));

    const scaled = adam();
    const own = new CyclicLR(scaled, { ...still, scaleFn: () => 0.5 }); // a function is no data, and stays
    own.loadStateDict(new CyclicLR(adam(), { ...still, scaleFn: () => 0.5 }).stateDict());
    expect(cycle(scaled, own, 11)[0]).toEqual(TRIANGLE.map((lr) => repeat(2, 1 + (lr - 1) * 0.5)));
  });
});

const LINEAR_LRS = [1, 13, 25, 21.5, 18, 14.5, 11, 7.5, 4, 0.5];
const LINEAR_MOMENTA = [22, 11.5, 1, 4, 7, 10, 13, 16, 19, 22];
const half = (from: number, to: number): number[] =>
  range(8, (i) => to + ((from - to) / 2) * (cos((Math.PI * i) / 7) + 1));
const peak = { maxLr: 25, finalDivFactor: 2, baseMomentum: 1, maxMomentum: 22, totalSteps: 10 };
const oneCycles: [string, () => SGD | Adam, OneCycleLROptions, number[], number[]][] = [
  ['onecycle_lr_linear_annealing', sgd, { ...peak, annealStrategy: 'linear' }, LINEAR_LRS, LINEAR_MOMENTA],
  ['cycle_lr_with_adam', adam, { ...peak, annealStrategy: 'linear' }, LINEAR_LRS, LINEAR_MOMENTA],
  [
    'onecycle_lr_linear_annealing_three_phases',
    sgd,
    { ...peak, annealStrategy: 'linear', pctStart: 0.4, finalDivFactor: 4, threePhase: true },
    [1, 9, 17, 25, 17, 9, 1, 0.75, 0.5, 0.25],
    [22, 15, 8, 1, 8, 15, 22, 22, 22, 22],
  ],
  ['onecycle_lr_cosine_annealing', sgd, peak, [1, 13, ...half(25, 0.5)], [22, 11.5, ...half(1, 22)]],
];

describe('onecycle_lr', () => {
  test.each(oneCycles)('%s', (_, make, options, lrTargets, momentumTargets) => {
    const optimizer = make();
    const [lrs, momenta] = cycle(optimizer, new OneCycleLR(optimizer, options), 10);
    for (let i = 0; i < 10; i++) {
      for (const group of [0, 1]) {
        expectClose(lrs[i]![group]!, lrTargets[i]!, 25, `lr, step ${i}`);
        expectClose(momenta[i]![group]!, momentumTargets[i]!, 22, `momentum, step ${i}`);
      }
    }
  });
});

// --- warm restarts and averaging -------------------------------------------------------------------------------------

describe('CosineAnnealingWarmRestarts', () => {
  const expectRestarts = (optimizer: SGD, tCur: number, tI: number, at: string): void => {
    optimizer.paramGroups.forEach(({ lr }, group) => {
      expectClose(lr, cosineAt([0.05, 0.5][group]!, 1e-10, tCur / tI), 0.5, at);
    });
  };

  test.each([1, 2, 4])('CosineAnnealingWarmRestarts_lr1: T_mult %i', (tMult) => {
    const optimizer = sgd();
    const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult, etaMin: 1e-10 });
    for (let epoch = 0, tCur = 0, tI = 10; epoch < 100; epoch++, tCur++) {
      if (tCur >= tI) [tCur, tI] = [tCur - tI, tI * tMult];
      expectRestarts(optimizer, tCur, tI, `epoch ${epoch}`);
      scheduler.step();
    }
  });

  test.each([1, 2, 4])('CosineAnnealingWarmRestarts_lr2: T_mult %i', (tMult) => {
    const optimizer = sgd();
    const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult, etaMin: 1e-10 });
    for (let tenths = 0, start = 0, tI = 10; tenths < 300; tenths++) {
      if (tenths / 10 - start >= tI) [start, tI] = [start + tI, tI * tMult];
      scheduler.step(tenths / 10);
      expectRestarts(optimizer, (tenths - start * 10) / 10, tI, `epoch ${tenths / 10}`);
    }
  });

  const interleaved: [tMult: number, epochs: number[], tCurs: number[], tIs: number[]][] = [
    [1, [0, 1, 2, 3, 4, 5, 12, 27, 3, 4, 5, 6, 13], [0, 1, 2, 3, 4, 5, 2, 7, 3, 4, 5, 6, 3], repeat(13, 10)],
    [
      2,
      [0, 1, 2, 3, 4, 5, 25, 32, 33, 34, 80, 81, 3],
      [0, 1, 2, 3, 4, 5, 15, 2, 3, 4, 10, 11, 3],
      [...repeat(6, 10), 20, 40, 40, 40, 80, 80, 10],
    ],
    [
      3,
      [0, 0.1, 0.2, 0.3, 1.3, 2.3, 17.5, 18.5, 19.5, 29.5, 30.5, 31.5, 50],
      [0, 0.1, 0.2, 0.3, 1.3, 2.3, 7.5, 8.5, 9.5, 19.5, 20.5, 21.5, 10],
      [...repeat(6, 10), ...repeat(6, 30), 90],
    ],
  ];

  test.each(interleaved)('CosineAnnealingWarmRestarts_lr3: T_mult %i', (tMult, epochs, tCurs, tIs) => {
    const optimizer = sgd();
    const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult, etaMin: 1e-10 });
    epochs.forEach((epoch, i) => {
      scheduler.step(epoch);
      expectRestarts(optimizer, tCurs[i]!, tIs[i]!, `epoch ${epoch}`);
    });
  });

  test('CosineAnnealingWarmRestarts_T_cur_reset', () => {
    const scheduler = new CosineAnnealingWarmRestarts(sgd(), { t0: 4 });
    for (const epoch of [7, 8, 9]) {
      scheduler.tCur = epoch;
      scheduler.step();
      expect(scheduler.tCur).toBe((epoch + 1) % 4);
    }
  });
});

describe('swalr', () => {
  /** Steps `before` for 5 epochs, then SWALR. @returns [epoch][group] */
  const average = (make: (o: SGD) => [LRScheduler, LRScheduler | null], epochs: number): number[][] => {
    const optimizer = sgd();
    const [swa, before] = make(optimizer);
    return range(epochs, (epoch) => {
      const lrs = optimizer.paramGroups.map(({ lr }) => lr);
      optimizer.step();
      if (epoch >= 5) swa.step();
      else before?.step();
      return lrs;
    });
  };

  test('swalr_no_anneal', () => {
    const curve = average((o) => [new SWALR(o, { annealEpochs: 1, swaLr: 0.01 }), null], 10);
    curve.forEach((lrs, epoch) => expect(lrs).toEqual(epoch <= 5 ? [0.05, 0.5] : [0.01, 0.01]));
  });

  test.each([
    ['cosine', 5, [0.01, 0.01], (t: number) => (t >= 5 ? 0 : (1 + cos((Math.PI * t) / 5)) / 2)],
    ['linear', 4, [0.01, 0.02], (t: number) => Math.max(0, 1 - t / 4)],
  ] as const)('swalr_%s_anneal_after_multiplicative', (name, annealEpochs, swaLr, left) => {
    const annealStrategy = name === 'cosine' ? 'cos' : 'linear';
    const curve = average((o) => {
      const before = new MultiplicativeLR(o, { lrLambda: () => 0.9 });
      return [new SWALR(o, { annealEpochs, annealStrategy, swaLr }), before];
    }, 15);
    curve.forEach((lrs, epoch) => {
      lrs.forEach((lr, group) => {
        const start = [0.05, 0.5][group]! * pow(0.9, Math.min(epoch, 5));
        const rest = epoch <= 5 ? 1 : left(epoch - 5);
        expectClose(lr, start * rest + swaLr[group]! * (1 - rest), 0.5, `group ${group}, epoch ${epoch}`);
      });
    });
  });
});

// --- wrong arguments -------------------------------------------------------------------------------------------------

const errors: [string, (o: SGD) => unknown, typeof ArgumentError | typeof ArgumentRangeError][] = [
  [
    'linearlr_start_factor_limits1',
    (o) => new LinearLR(o, { startFactor: 0, totalIters: 4 }),
    ArgumentRangeError,
  ],
  ['linearlr_start_factor_limits2', (o) => new LinearLR(o, { startFactor: 1.1 }), ArgumentRangeError],
  ['cycle_lr_invalid_mode', (o) => new CyclicLR(o, { baseLr: 0, maxLr: 0, mode: 'CATS' }), ArgumentError],
  [
    'onecycle_lr_invalid_anneal_strategy',
    (o) => new OneCycleLR(o, { maxLr: 1e-3, totalSteps: 10, annealStrategy: 'CATS' as 'cos' }),
    ArgumentError,
  ],
  [
    'onecycle_lr_invalid_pct_start',
    (o) => new OneCycleLR(o, { maxLr: 1e-3, totalSteps: 10, pctStart: 1.1 }),
    ArgumentRangeError,
  ],
  ['onecycle_lr_cannot_calculate_total_steps', (o) => new OneCycleLR(o, { maxLr: 1e-3 }), ArgumentError],
  [
    'multiplicative_lr_with_lr_lambda',
    (o) => new MultiplicativeLR(o, { lrLambda: 0.95 as never }),
    ArgumentError,
  ],
  [
    'multiplicative_lr_with_lr_lambda: list',
    (o) => new MultiplicativeLR(o, { lrLambda: [0.95, 0.95] as never }),
    ArgumentError,
  ],
  [
    'swalr_hypers: anneal_strategy',
    (o) => new SWALR(o, { annealStrategy: 'exponential' as 'cos', swaLr: 1 }),
    ArgumentError,
  ],
  ['swalr_hypers: anneal_epochs -1', (o) => new SWALR(o, { annealEpochs: -1, swaLr: 1 }), ArgumentRangeError],
  [
    'swalr_hypers: anneal_epochs 1.7',
    (o) => new SWALR(o, { annealEpochs: 1.7, swaLr: 1 }),
    ArgumentRangeError,
  ],
  ['swalr_hypers: swa_lr', (o) => new SWALR(o, { swaLr: [1, 0.1, 0.01] }), ArgumentRangeError],
];

test.each(errors)('%s', (_, make, error) => expect(() => make(sgd())).toThrow(error));

test('raise_error_when_last_epoch_is_greater_than_0_and_initial_lr_is_not_specified', () => {
  const make = (): StepLR => new StepLR(oneGroup(0.1), { stepSize: 3, gamma: 0.1, lastEpoch: 1 });
  expect(make).toThrow(StateError);
  expect(make).toThrow('[StepLR] expected paramGroups[0].initialLr to be set');
});

// --- the warning on step order ---------------------------------------------------------------------------------------

describe('pattern warnings', () => {
  const resuming = (): [SGD, StepLR] => {
    const optimizer = sgd();
    for (const group of optimizer.paramGroups) Object.assign(group, { initialLr: 0.01 });
    return [optimizer, new StepLR(optimizer, { stepSize: 3, gamma: 0.1, lastEpoch: 10 })];
  };
  const starting = (): [SGD, StepLR] => {
    const optimizer = sgd();
    return [optimizer, new StepLR(optimizer, { stepSize: 3, gamma: 0.1 })];
  };
  const override = (optimizer: SGD): void => {
    const step = optimizer.step.bind(optimizer);
    optimizer.step = (closure) => step(closure);
  };

  test.each([
    ['old_pattern_warning', starting, false],
    ['old_pattern_warning_resuming', resuming, false],
    ['old_pattern_warning_with_overridden_optim_step', resuming, true],
  ] as const)('%s', (_, make, overridden) => {
    const [optimizer, scheduler] = make();
    expect(warnings).toEqual([]);
    if (overridden) override(optimizer);
    for (let i = 0; i < 35; i++) {
      scheduler.step();
      optimizer.step();
    }
    expect(warnings).toEqual([expect.stringContaining('before `optimizer.step()`')]);
  });

  // PyTorch warns that `optimizer.step()` has been overridden, for it patches that method; here the optimizer counts.
  test.each([
    ['new_pattern_no_warning', false],
    ['new_pattern_no_warning_with_overridden_optim_step', true],
  ] as const)('%s', (_, overridden) => {
    const [optimizer, scheduler] = starting();
    if (overridden) override(optimizer);
    drive([scheduler], optimizer, 35);
    expect(warnings).toEqual([]);
  });
});

// --- state -----------------------------------------------------------------------------------------------------------

const plain = (scheduler: LRScheduler): unknown => JSON.parse(JSON.stringify(scheduler.stateDict()));

const pairs: [string, (o: SGD) => LRScheduler, (o: SGD) => LRScheduler][] = [
  ['step_lr', (o) => new StepLR(o, { stepSize: 3 }), (o) => new StepLR(o, { gamma: 0.005, stepSize: 1 })],
  [
    'multi_step_lr',
    (o) => new MultiStepLR(o, { milestones: [2, 5, 9] }),
    (o) => new MultiStepLR(o, { gamma: 0.01, milestones: [1, 4, 6] }),
  ],
  ['exp_step_lr', (o) => new ExponentialLR(o, { gamma: 0.1 }), (o) => new ExponentialLR(o, { gamma: 0.01 })],
  [
    'cosine_lr',
    (o) => new CosineAnnealingLR(o, { tMax: 10, etaMin: 1e-10 }),
    (o) => new CosineAnnealingLR(o, { tMax: 5, etaMin: 5e-11 }),
  ],
  [
    'lambda_lr_fn',
    (o) => new LambdaLR(o, { lrLambda: (x) => x }),
    (o) => new LambdaLR(o, { lrLambda: (x) => x }),
  ],
  [
    'CosineAnnealingWarmRestarts_lr',
    (o) => new CosineAnnealingWarmRestarts(o, { t0: 10, tMult: 2 }),
    (o) => new CosineAnnealingWarmRestarts(o, { t0: 100 }),
  ],
  [
    'swa_lr',
    (o) => new SWALR(o, { annealEpochs: 3, swaLr: 0.5 }),
    (o) => new SWALR(o, { annealEpochs: 10, annealStrategy: 'linear', swaLr: 5 }),
  ],
];

test.each(pairs)('%s_state_dict', (_, make, makeOther) => {
  const optimizer = sgd();
  const scheduler = make(optimizer);
  drive([scheduler], optimizer, 10);
  const copy = makeOther(sgd());
  copy.loadStateDict(scheduler.stateDict());
  expect(copy.stateDict()).toEqual(scheduler.stateDict());
  expect(copy.getLastLr()).toEqual(scheduler.getLastLr());
});

test('reduce_lr_on_plateau_state_dict', () => {
  const scheduler = new ReduceLROnPlateau(sgd(), { mode: 'min', factor: 0.1, patience: 2 });
  for (const score of [1, 2, 3, 4, 3, 4, 5, 3, 2, 1]) scheduler.step(score);
  const copy = new ReduceLROnPlateau(sgd(), { mode: 'max', factor: 0.5, patience: 10 });
  copy.loadStateDict(scheduler.stateDict());
  expect(copy.stateDict()).toEqual(scheduler.stateDict());
});

type MakeWith = (optimizer: SGD | AdamW, common?: SchedulerOptions) => LRScheduler;

const chainable: Record<string, MakeWith> = {
  LambdaLR: (o, common) => new LambdaLR(o, { lrLambda: (e) => Math.floor(e / 10), ...common }),
  MultiplicativeLR: (o, common) => new MultiplicativeLR(o, { lrLambda: () => 0.95, ...common }),
  StepLR: (o, common) => new StepLR(o, { stepSize: 30, ...common }),
  MultiStepLR: (o, common) => new MultiStepLR(o, { milestones: [30, 80], ...common }),
  ConstantLR: (o, common) => new ConstantLR(o, common),
  LinearLR: (o, common) => new LinearLR(o, common),
  ExponentialLR: (o, common) => new ExponentialLR(o, { gamma: 0.9, ...common }),
  PolynomialLR: (o, common) => new PolynomialLR(o, common),
  CosineAnnealingLR: (o, common) => new CosineAnnealingLR(o, { tMax: 10, ...common }),
  CosineAnnealingWarmRestarts: (o, common) => new CosineAnnealingWarmRestarts(o, { t0: 20, ...common }),
};
const resumable: Record<string, MakeWith> = {
  ...chainable,
  CyclicLR: (o, common) => new CyclicLR(o, { baseLr: 0.01, maxLr: 0.1, ...common }),
  OneCycleLR: (o, common) => new OneCycleLR(o, { maxLr: 0.01, totalSteps: 10, ...common }),
  SWALR: (o, common) => new SWALR(o, { swaLr: 0.01, ...common }),
};
const loadable: Record<string, MakeWith> = {
  ...resumable,
  ChainedScheduler: (o) => new ChainedScheduler([new ConstantLR(o), new ConstantLR(o)]),
  SequentialLR: (o) =>
    new SequentialLR(o, { schedulers: [new ConstantLR(o), new ConstantLR(o)], milestones: [2] }),
  ReduceLROnPlateau: (o) => new ReduceLROnPlateau(o),
};

test.each(Object.entries(loadable))('lr_scheduler_state_dict_load: %s', (_, make) => {
  const optimizer = sgd();
  const state = plain(make(optimizer)) as Record<string, unknown>;
  const other = make(optimizer);
  other.loadStateDict(state);
  expect(plain(other)).toEqual(state);
});

test.each(Object.entries(chainable))('constant_initial_lr: %s', (_, make) => {
  const optimizer = oneGroup(0.1);
  const scheduler = make(optimizer);
  for (let i = 0; i < 2; i++) {
    optimizer.step();
    scheduler.step(i);
    expect(optimizer.paramGroups[0]).toMatchObject({ initialLr: 0.1 });
    expect(scheduler.baseLrs).toEqual([0.1]);
  }
});

/** PyTorch changes tensors that were given as options; here the arrays. */
const given: [string, (o: SGD, list: (x: number) => number[]) => LRScheduler, Record<string, number>][] = [
  [
    'cyclelr',
    (o, list) =>
      new CyclicLR(o, {
        baseLr: list(0.1),
        maxLr: list(0.2),
        baseMomentum: list(0.8),
        maxMomentum: list(0.9),
      }),
    { initialLr: 0.1, maxMomentum: 0.9, baseMomentum: 0.8 },
  ],
  [
    'onecyclelr',
    (o, list) =>
      new OneCycleLR(o, {
        maxLr: list(0.1),
        totalSteps: 10,
        baseMomentum: list(0.85),
        maxMomentum: list(0.95),
      }),
    { initialLr: 0.1 / 25, maxLr: 0.1, minLr: 0.1 / 25 / 1e4, maxMomentum: 0.95, baseMomentum: 0.85 },
  ],
  ['swalr', (o, list) => new SWALR(o, { swaLr: list(0.05) }), { initialLr: 0.1, swaLr: 0.05 }],
];

test.each(given)('constant_initial_params_%s', (name, make, constants) => {
  const optimizer = oneGroup(0.1);
  const lists: number[][] = [];
  const scheduler = make(optimizer, (x) => lists[lists.push([x]) - 1]!);
  const baseLrs = [...scheduler.baseLrs];
  for (let i = 0; i < 2; i++) {
    for (const list of lists) list[0]! *= 0.5;
    optimizer.step();
    scheduler.step(name === 'swalr' ? undefined : i);
    expect(optimizer.paramGroups[0]).toMatchObject(constants);
    expect(scheduler.baseLrs).toEqual(baseLrs);
    if (scheduler instanceof CyclicLR) expect(scheduler.maxLr).toEqual([0.2]);
  }
});

test.each(Object.entries(resumable))('lr_scheduler_checkpoint: %s', (_, make) => {
  const optimizer = new AdamW([new Param(range(9, () => 0))]);
  const scheduler = make(optimizer);
  optimizer.step();
  scheduler.step();
  const resumed = new AdamW([new Param(range(9, () => 0))]);
  resumed.loadStateDict(optimizer.stateDict());
  expect(make(resumed, { lastEpoch: 0 }).getLastLr()).toEqual([optimizer.paramGroups[0]!.lr]);
});

test('lr_scheduler_checkpoint_on_plateau', () => {
  const optimizer = new AdamW([new Param([0])]);
  const scheduler = new ReduceLROnPlateau(optimizer, { mode: 'min' });
  optimizer.step();
  scheduler.step(1);
  const resumed = new AdamW([new Param([0])]);
  resumed.loadStateDict(optimizer.stateDict());
  expect(new ReduceLROnPlateau(resumed, { mode: 'min' }).getLastLr()).toEqual([optimizer.paramGroups[0]!.lr]);
});
