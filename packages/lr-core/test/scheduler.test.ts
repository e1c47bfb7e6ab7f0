/** What schedulers promise besides their curves: errors, warnings, skipped steps, composition, where PyTorch is mended. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  Adam,
  ArgumentError,
  ArgumentRangeError,
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  createScheduler,
  CyclicLR,
  exactMath,
  ExponentialLR,
  getScheduler,
  HuggingFaceLR,
  LambdaLR,
  LinearLR,
  LRScheduler,
  MultiplicativeLR,
  MultiStepLR,
  NoamLR,
  OneCycleLR,
  Param,
  PolynomialLR,
  preview,
  ReduceLROnPlateau,
  registerLambda,
  resolveUnits,
  SequentialLR,
  setWarningHandler,
  SGD,
  StateError,
  StepLR,
  SWALR,
  withWarmup,
  type Optimizer,
} from '../src/index.ts';

const ERROR = /^\[[\w.]+\] expected .* but received /;

const sgd = (...lrs: number[]): SGD =>
  new SGD(
    (lrs.length > 0 ? lrs : [0.1]).map((lr) => ({ params: [new Param([0])], lr })),
    { lr: 0.1, momentum: 0.9 },
  );

/** The learning rates of `count` steps. */
function drive(optimizer: SGD, scheduler: LRScheduler, count: number, metric?: number): number[] {
  return Array.from({ length: count }, () => {
    const { lr } = optimizer.paramGroups[0]!;
    optimizer.step();
    scheduler.step(metric);
    return lr;
  });
}

const optionsOf = (optimizer: Optimizer): unknown =>
  optimizer.paramGroups.map((group) => structuredClone({ ...group, params: [] }));

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  setWarningHandler((text) => warnings.push(text));
});
afterEach(() => void setWarningHandler(null));

describe('wrong options', () => {
  type Any = new (...args: never[]) => LRScheduler;
  const wrong: [Any, unknown, typeof ArgumentError | typeof ArgumentRangeError][] = [
    [StepLR, {}, ArgumentError],
    [StepLR, { stepSize: 0 }, ArgumentRangeError],
    [StepLR, { stepSize: 1.5 }, ArgumentRangeError],
    [StepLR, { stepSize: 1, gamma: NaN }, ArgumentRangeError],
    [StepLR, { stepSize: 1, step_size: 2 }, ArgumentError],
    [StepLR, { stepSize: 1, lastEpoch: -2 }, ArgumentRangeError],
    [StepLR, { stepSize: 1, parameter: 'nothing' }, ArgumentError],
    [MultiStepLR, { milestones: 3 }, ArgumentError],
    [MultiStepLR, { milestones: [1.5] }, ArgumentRangeError],
    [LambdaLR, { lrLambda: 0.5 }, ArgumentError],
    [LambdaLR, { lrLambda: 'unknown' }, ArgumentError],
    [LambdaLR, { lrLambda: [() => 1, () => 1] }, ArgumentRangeError],
    [LambdaLR, { lrLambda: () => NaN }, ArgumentRangeError],
    [LambdaLR, { lrLambda: () => undefined }, ArgumentRangeError],
    [MultiplicativeLR, { lrLambda: 3 }, ArgumentError],
    [ConstantLR, { factor: 1.5 }, ArgumentRangeError],
    [ConstantLR, { factor: -0.1 }, ArgumentRangeError],
    [ConstantLR, { totalIters: -1 }, ArgumentRangeError],
    [LinearLR, { startFactor: 0 }, ArgumentRangeError],
    [LinearLR, { startFactor: 1.1 }, ArgumentRangeError],
    [LinearLR, { endFactor: 1.1 }, ArgumentRangeError],
    [LinearLR, { endFactor: -0.1 }, ArgumentRangeError],
    [ExponentialLR, {}, ArgumentError],
    [ExponentialLR, { gamma: '0.9' }, ArgumentError],
    [PolynomialLR, { power: NaN }, ArgumentRangeError],
    [CosineAnnealingLR, { tMax: 0 }, ArgumentRangeError],
    [CosineAnnealingLR, { T_max: 10 }, ArgumentError],
    [CosineAnnealingWarmRestarts, { t0: 0 }, ArgumentRangeError],
    [CosineAnnealingWarmRestarts, { t0: 2, tMult: 1.5 }, ArgumentRangeError],
    [CyclicLR, { baseLr: 0.1 }, ArgumentError],
    [CyclicLR, { baseLr: [0.1, 0.2], maxLr: 1 }, ArgumentRangeError],
    [CyclicLR, { baseLr: 0.1, maxLr: 1, stepSizeUp: 0 }, ArgumentRangeError],
    [CyclicLR, { baseLr: 0.1, maxLr: 1, mode: 'square' }, ArgumentError],
    [CyclicLR, { baseLr: 0.1, maxLr: 1, scaleFn: () => NaN }, ArgumentRangeError],
    [OneCycleLR, { maxLr: 1 }, ArgumentError],
    [OneCycleLR, { maxLr: 1, epochs: 3 }, ArgumentError],
    [OneCycleLR, { maxLr: 1, totalSteps: 0 }, ArgumentRangeError],
    [OneCycleLR, { maxLr: 1, totalSteps: 10, pctStart: 1.5 }, ArgumentRangeError],
    [OneCycleLR, { maxLr: 1, totalSteps: 10, pctStart: 0.1 }, ArgumentRangeError], // a phase of no length
    [OneCycleLR, { maxLr: 1, totalSteps: 10, annealStrategy: 'square' }, ArgumentError],
    [ReduceLROnPlateau, { factor: 1 }, ArgumentRangeError],
    [ReduceLROnPlateau, { factor: -0.5 }, ArgumentRangeError],
    [ReduceLROnPlateau, { mode: 'best' }, ArgumentError],
    [ReduceLROnPlateau, { thresholdMode: 'best' }, ArgumentError],
    [ReduceLROnPlateau, { minLr: [0, 0] }, ArgumentRangeError],
    [SWALR, {}, ArgumentError],
    [SWALR, { swaLr: 0.1, annealStrategy: 'square' }, ArgumentError],
    [SWALR, { swaLr: 0.1, annealEpochs: -1 }, ArgumentRangeError],
    [SequentialLR, { schedulers: [], milestones: [] }, ArgumentRangeError],
    [SequentialLR, { schedulers: [3], milestones: [] }, ArgumentError],
    [HuggingFaceLR, { name: 'square' }, ArgumentError],
    [HuggingFaceLR, { name: 'linear', numWarmupSteps: 3 }, ArgumentError],
    [
      HuggingFaceLR,
      { name: 'polynomial', numWarmupSteps: 3, numTrainingSteps: 9, lrEnd: 1 },
      ArgumentRangeError,
    ],
    [HuggingFaceLR, { name: 'cosine_with_min_lr', numWarmupSteps: 3, numTrainingSteps: 9 }, ArgumentError],
    [NoamLR, { modelSize: 512, warmupSteps: 0 }, ArgumentRangeError],
  ];

  test.each(wrong.map(([Class, options, error]) => [Class.name, options, Class, error] as const))(
    '%s %o',
    (_, options, Class, error) => {
      const optimizer = sgd();
      const before = optionsOf(optimizer);
      const make = (): LRScheduler =>
        new (Class as new (...args: unknown[]) => LRScheduler)(optimizer, options);
      expect(make).toThrow(error);
      expect(make).toThrow(ERROR);
      expect(optionsOf(optimizer)).toEqual(before);
    },
  );

  test('no optimizer, schedulers of two optimizers, an optimizer without momentum', () => {
    expect(() => new StepLR({} as never, { stepSize: 1 })).toThrow(ArgumentError);
    const [one, other] = [sgd(), sgd()];
    const schedulers = [new StepLR(one, { stepSize: 1 }), new StepLR(other, { stepSize: 1 })];
    expect(() => new SequentialLR(one, { schedulers, milestones: [2] })).toThrow(ArgumentError);
    expect(() => new SequentialLR(one, { schedulers: [schedulers[0]!], milestones: [2] })).toThrow(
      ArgumentRangeError,
    );
    expect(() => new ChainedScheduler(schedulers)).toThrow(ArgumentError);
    expect(() => new ChainedScheduler([])).toThrow(ArgumentError);
    const groups = { params: [new Param([0])] };
    const plain = new SGD([groups], { lr: 0.1 });
    delete (plain.paramGroups[0] as { momentum?: number }).momentum;
    expect(() => new CyclicLR(plain, { baseLr: 0.1, maxLr: 1 })).toThrow(ArgumentError);
  });

  test('a step that throws changes nothing', () => {
    const optimizer = sgd();
    const lrLambda = (epoch: number): number => (epoch === 2 ? NaN : 1 / (epoch + 1));
    const scheduler = new LambdaLR(optimizer, { lrLambda });
    drive(optimizer, scheduler, 1);
    const before = [scheduler.stateDict(), optionsOf(optimizer)];
    expect(() => scheduler.step()).toThrow(
      '[LambdaLR] expected lr of group 0 at epoch 2 to be a number but received NaN',
    );
    expect([scheduler.stateDict(), optionsOf(optimizer)]).toEqual(before);
  });

  test('the end of a cycle, a factor of 0 to divide by: RangeError, where PyTorch divides by zero', () => {
    const optimizer = sgd();
    const cycle = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 4 });
    drive(optimizer, cycle, 4);
    expect(() => cycle.step()).toThrow(RangeError);
    expect(cycle.lastEpoch).toBe(4);
    const constant = new ConstantLR(sgd(), { factor: 0, totalIters: 1 });
    expect(() => constant.step()).toThrow(RangeError);
    expect(() => new LinearLR(sgd(), { totalIters: 0 }).at(1)).toThrow(RangeError);
  });

  test('a metric that is no number', () => {
    const scheduler = new ReduceLROnPlateau(sgd());
    expect(() => scheduler.step(null as never)).toThrow(ArgumentError);
    expect(() => scheduler.step(undefined as never)).toThrow(ArgumentError);
    scheduler.step({ item: () => 1 });
    expect(scheduler.best).toBe(1);
  });
});

describe('the warning on step order', () => {
  test('comes once, at the first step before the optimizer', () => {
    const optimizer = sgd();
    const [one, two] = [new StepLR(optimizer, { stepSize: 1 }), new StepLR(optimizer, { stepSize: 1 })];
    one.step();
    one.step();
    two.step();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('before `optimizer.step()`');
  });

  test('does not come when it is false', () => {
    const optimizer = sgd();
    const scheduler = new ChainedScheduler([new StepLR(optimizer, { stepSize: 1 })]);
    optimizer.step(); // null gradients count
    scheduler.step();
    new ReduceLROnPlateau(sgd()).step(1);
    new CosineAnnealingWarmRestarts(sgd(), { t0: 3 }).step();
    const replaced = sgd();
    const step = replaced.step.bind(replaced);
    replaced.step = (closure) => step(closure);
    const wrapped = new StepLR(replaced, { stepSize: 1 });
    replaced.step();
    wrapped.step();
    expect(warnings).toEqual([]);
  });

  test('a skipped step neither advances nor warns', () => {
    const optimizer = sgd();
    const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
    optimizer.skipStep();
    scheduler.step();
    expect([scheduler.lastEpoch, optimizer.paramGroups[0]!.lr, warnings]).toEqual([0, 0.1, []]);
    optimizer.step(() => {
      optimizer.skipStep(); // gradients that are not finite
      return NaN;
    });
    scheduler.step();
    expect(scheduler.lastEpoch).toBe(0);
    optimizer.step();
    optimizer.skipStep();
    scheduler.step(); // an epoch in which one step of several was skipped
    expect([scheduler.lastEpoch, optimizer.paramGroups[0]!.lr, warnings]).toEqual([1, 0.05, []]);
  });

  test('step(epoch) and getLr() warn too', () => {
    const optimizer = sgd();
    const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
    optimizer.step();
    scheduler.step(3);
    scheduler.step(4);
    expect(warnings).toEqual([expect.stringContaining('epoch parameter')]);
    expect(scheduler.getLr()).toEqual([0.1 * 0.5 ** 5]); // the next one
    expect(scheduler.getLastLr()).toEqual([0.1 * 0.5 ** 4]);
    expect(warnings[1]).toContain('getLastLr');
  });
});

describe('loading', () => {
  test('refuses the state of another scheduler, or of other groups, and changes nothing', () => {
    const scheduler = new StepLR(sgd(), { stepSize: 2 });
    const before = scheduler.stateDict();
    const bad: object[] = [
      new ExponentialLR(sgd(), { gamma: 0.9 }).stateDict(),
      new StepLR(sgd(0.1, 0.2), { stepSize: 2 }).stateDict(),
      { ...before, gamma: 'x' },
      { ...before, groups: [{}] },
      { ...before, lastEpoch: undefined },
      { type: 'StepLR' },
    ];
    for (const state of bad) expect(() => scheduler.loadStateDict(state as never)).toThrow(ERROR);
    expect(() => scheduler.loadStateDict(null as never)).toThrow(ArgumentError);
    expect(scheduler.stateDict()).toEqual(before);
  });

  test('a failing child leaves the whole SequentialLR as it was', () => {
    const make = (): SequentialLR => {
      const optimizer = sgd();
      const schedulers = [new LinearLR(optimizer), new StepLR(optimizer, { stepSize: 2 })];
      return new SequentialLR(optimizer, { schedulers, milestones: [3] });
    };
    const [saved, loading] = [make(), make()];
    for (let i = 0; i < 5; i++) saved.step();
    const state = saved.stateDict() as { schedulers: object[] };
    state.schedulers[1] = { type: 'LinearLR' };
    const before = loading.stateDict();
    expect(() => loading.loadStateDict(state as never)).toThrow(StateError);
    expect(loading.stateDict()).toEqual(before);
  });

  test('Infinity survives JSON', () => {
    const text = JSON.stringify(new ReduceLROnPlateau(sgd(), { mode: 'max' }).stateDict());
    const scheduler = new ReduceLROnPlateau(sgd(), { mode: 'max' });
    scheduler.step(3);
    scheduler.loadStateDict(JSON.parse(text) as never);
    expect(scheduler.best).toBe(-Infinity);
  });

  test('OneCycleLR of other totalSteps: an error that names the option to extend', () => {
    const optimizer = sgd();
    const short = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
    drive(optimizer, short, 5);
    const state = short.stateDict();
    const long = new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 20 });
    expect(() => long.loadStateDict(state)).toThrow(
      /expected totalSteps to be 20 .*extendTotalSteps.* but received 10/,
    );
    long.loadStateDict(state, { extendTotalSteps: true });
    expect([long.lastEpoch, long.totalSteps]).toEqual([5, 20]);
    const fresh = preview({ type: 'OneCycleLR', maxLr: 1, totalSteps: 20 }, { steps: 20, baseLr: 1 });
    long.step();
    expect(long.getLastLr()[0]).toBe(fresh[6]);
  });
});

describe('composition', () => {
  test('ReduceLROnPlateau inside SequentialLR gets the metric, and begins at the base learning rate', () => {
    const optimizer = sgd(1);
    const schedulers = [
      new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 }),
      new ReduceLROnPlateau(optimizer, { patience: 1 }),
    ];
    const scheduler = new SequentialLR(optimizer, { schedulers, milestones: [2] });
    expect(drive(optimizer, scheduler, 6, 3)).toEqual([0.5, 0.75, 1, 1, 0.1, 0.1]);
    expect(() => scheduler.step()).toThrow(ArgumentError);
  });

  test('ReduceLROnPlateau inside ChainedScheduler; without a metric nothing moves', () => {
    const optimizer = sgd(1);
    const schedulers = [
      new ExponentialLR(optimizer, { gamma: 0.5 }),
      new ReduceLROnPlateau(optimizer, { patience: 0 }),
    ];
    const scheduler = new ChainedScheduler(schedulers);
    drive(optimizer, scheduler, 2, 1);
    expect(optimizer.paramGroups[0]!.lr).toBe(0.5 * 0.5 * 0.1);
    const before = scheduler.stateDict();
    expect(() => scheduler.step()).toThrow(ArgumentError);
    expect(scheduler.stateDict()).toEqual(before);
  });

  test('a ChainedScheduler and a SequentialLR inside a SequentialLR, first and later', () => {
    const step = { type: 'StepLR', stepSize: 1, gamma: 0.5 };
    const inner = {
      type: 'SequentialLR',
      schedulers: [step, { type: 'ConstantLR', factor: 0.25, totalIters: 9 }],
      milestones: [2],
    };
    const chained = {
      type: 'ChainedScheduler',
      schedulers: [step, { type: 'ConstantLR', factor: 0.25, totalIters: 2 }],
    };
    const curve = (schedulers: object[], steps: number): number[] => [
      ...preview({ type: 'SequentialLR', schedulers, milestones: [3] } as never, { steps, baseLr: 1 }),
    ];
    expect(curve([inner, step], 5)).toEqual([1, 0.5, 0.25, 1, 0.5]);
    expect(curve([step, inner], 6)).toEqual([1, 0.5, 0.25, 1, 0.5, 0.25]);
    expect(curve([chained, step], 5)).toEqual([0.25, 0.125, 0.25, 1, 0.5]);
    expect(curve([step, chained], 7)).toEqual([1, 0.5, 0.25, 0.25, 0.125, 0.25, 0.125]);
  });

  describe('a step that throws in the middle leaves every scheduler and group as it was', () => {
    /** Fails on its second step. */
    const failing = (optimizer: Optimizer): LRScheduler =>
      new LambdaLR(optimizer, {
        lrLambda: (epoch) => {
          if (epoch === 2) throw new Error('out of data');
          return 1;
        },
      });
    const cycle = { baseLr: 0.01, maxLr: 0.1, stepSizeUp: 3 };
    const siblings: Record<string, (optimizer: Optimizer) => LRScheduler> = {
      ExponentialLR: (optimizer) => new ExponentialLR(optimizer, { gamma: 0.9 }),
      CosineAnnealingWarmRestarts: (optimizer) =>
        new CosineAnnealingWarmRestarts(optimizer, { t0: 2, tMult: 2 }),
      CyclicLR: (optimizer) => new CyclicLR(optimizer, cycle),
      OneCycleLR: (optimizer) => new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 9 }),
      ReduceLROnPlateau: (optimizer) => new ReduceLROnPlateau(optimizer, { patience: 0 }),
      'weight decay': (optimizer) => new ExponentialLR(optimizer, { gamma: 0.9, parameter: 'weightDecay' }),
      ChainedScheduler: (optimizer) => new ChainedScheduler([new CyclicLR(optimizer, cycle)]),
      SequentialLR: (optimizer) => {
        const schedulers = [new ConstantLR(optimizer), new CyclicLR(optimizer, cycle)];
        return new SequentialLR(optimizer, { schedulers, milestones: [2] });
      },
    };
    const optimizers = {
      SGD: () =>
        new SGD([new Param([0])], { lr: 0.1, momentum: 0.9, weightDecay: 0.1 }) as unknown as Optimizer,
      Adam: () => new Adam([new Param([0])], { lr: 0.1, weightDecay: 0.1 }) as unknown as Optimizer,
    };
    const rows = Object.keys(siblings).flatMap((name) =>
      (['SGD', 'Adam'] as const).map((optimizer) => [name, optimizer] as const),
    );

    test.each(rows)('%s before it, %s', (name, optimizerName) => {
      const optimizer = optimizers[optimizerName]();
      const scheduler = new ChainedScheduler([siblings[name]!(optimizer), failing(optimizer)]);
      optimizer.step();
      scheduler.step(1);
      const before = [scheduler.stateDict(), optionsOf(optimizer)];
      optimizer.step();
      for (let i = 0; i < 2; i++) expect(() => scheduler.step(1)).toThrow('out of data');
      expect([scheduler.stateDict(), optionsOf(optimizer)]).toEqual(before);
    });

    test('at the milestone of a SequentialLR, and in its constructor', () => {
      const optimizer = sgd();
      let broken = false;
      const lrLambda = (epoch: number): number => {
        if (broken) throw new Error('out of data');
        return 1 / (epoch + 1);
      };
      const chained = new ChainedScheduler([
        new LambdaLR(optimizer, { lrLambda: () => 1 }),
        new LambdaLR(optimizer, { lrLambda }),
      ]);
      const schedulers = [new ConstantLR(optimizer), chained];
      const scheduler = new SequentialLR(optimizer, { schedulers, milestones: [1] });
      const before = [scheduler.stateDict(), optionsOf(optimizer)];
      broken = true;
      optimizer.step();
      expect(() => scheduler.step()).toThrow('out of data');
      expect([scheduler.stateDict(), optionsOf(optimizer)]).toEqual(before);
      expect(() => new SequentialLR(optimizer, { schedulers, milestones: [1], lastEpoch: 4 })).toThrow(
        'out of data',
      );
      expect([scheduler.stateDict(), optionsOf(optimizer)]).toEqual(before);
      broken = false;
      scheduler.step();
      expect(optimizer.paramGroups[0]!.lr).toBe(0.1);
    });
  });

  test('verbose prints', () => {
    const printed: string[] = [];
    const { log } = console;
    console.log = (text: string) => void printed.push(text);
    try {
      const scheduler = new ReduceLROnPlateau(sgd(), { patience: 0, verbose: true });
      scheduler.step(1);
      scheduler.step(1);
    } finally {
      console.log = log;
    }
    expect(printed).toEqual(['Epoch 2: reducing lr of group 0 to 1.0000e-2.']);
  });
});

describe('groups', () => {
  test('added after the construction: chainable schedulers go on, those from base values say why not', () => {
    const optimizer = sgd();
    const [decay, lambda] = [
      new ExponentialLR(optimizer, { gamma: 0.5 }),
      new LambdaLR(optimizer, { lrLambda: () => 1 }),
    ];
    optimizer.addParamGroup({ params: [new Param([0])], lr: 1 });
    optimizer.step();
    decay.step();
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.05, 0.5]);
    expect(() => lambda.step()).toThrow(StateError);
    expect(lambda.lastEpoch).toBe(0);
  });

  test('an initialLr that groups have wins, as in PyTorch', () => {
    const optimizer = new SGD([{ params: [new Param([0])], lr: 0.1, initialLr: 7 }], { lr: 0.1 });
    expect(new StepLR(optimizer, { stepSize: 1 }).baseLrs).toEqual([7]);
  });

  test('momentum is cycled in betas[0] where there are betas; shared betas stay apart', () => {
    const betas: [number, number] = [0.9, 0.99];
    const optimizer = new Adam(
      [
        { params: [new Param([0])], betas },
        { params: [new Param([0])], betas },
      ],
      { lr: 0.1 },
    );
    const scheduler = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
    optimizer.step();
    scheduler.step();
    expect(optimizer.paramGroups[0]!.betas[0]).toBeLessThan(0.95);
    expect(betas).toEqual([0.9, 0.99]);
    expect(optimizer.defaults.betas).toEqual([0.9, 0.999]);
  });

  test('any hyper-parameter can be scheduled, several at once', () => {
    const optimizer = new SGD([new Param([0])], { lr: 0.1, weightDecay: 0.4, momentum: 0.8 });
    const scheduler = new ChainedScheduler([
      new StepLR(optimizer, { stepSize: 1, gamma: 0.5 }),
      new LinearLR(optimizer, { parameter: 'weightDecay', startFactor: 0.5, totalIters: 2 }),
      new ExponentialLR(optimizer, { parameter: 'momentum', gamma: 0.5 }),
    ]);
    optimizer.step();
    scheduler.step();
    const [group] = optimizer.paramGroups;
    expect([group!.lr, group!.weightDecay, group!.momentum]).toEqual([0.05, 0.2 * 1.5, 0.4]);
    expect(group!.initialWeightDecay).toBe(0.4);
    const decay = preview({ type: 'StepLR', stepSize: 1, parameter: 'weightDecay' }, { steps: 2, baseLr: 3 });
    expect([...decay]).toEqual([3, 3 * 0.1]);
  });
});

describe('mended', () => {
  test('warm restarts at the epochs that a logarithm misses', () => {
    const scheduler = new CosineAnnealingWarmRestarts(sgd(), { t0: 1, tMult: 3 });
    scheduler.step(121); // log(243) / log(3) is 4.999…
    expect([scheduler.tI, scheduler.tCur, scheduler.getLastLr()[0]]).toEqual([243, 0, 0.1]);
  });

  test('a state dict loads twice, and is not changed by loading', () => {
    const optimizer = sgd();
    const scheduler = new CyclicLR(optimizer, { baseLr: 0.1, maxLr: 1 });
    const state = scheduler.stateDict();
    const copy = structuredClone(state);
    scheduler.loadStateDict(state);
    scheduler.loadStateDict(state);
    expect(state).toEqual(copy);
  });

  test('getLr() leaves momentum alone', () => {
    const optimizer = sgd();
    const scheduler = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
    const before = optionsOf(optimizer);
    scheduler.getLr();
    expect(optionsOf(optimizer)).toEqual(before);
  });
});

describe('schedules as data', () => {
  test('are checked, with the path of what is wrong, and leave the optimizer alone', () => {
    const wrong: [unknown, string][] = [
      [3, 'schedule to be'],
      [{ type: 'Step' }, 'schedule.type to be one of LambdaLR'],
      [{ type: 'toString' }, 'schedule.type to be one of'],
      [{ type: 'StepLR' }, 'schedule.stepSize to be'],
      [{ type: 'StepLR', stepSize: 1, gama: 1 }, 'schedule.gama to be an option of StepLR'],
      [[{ type: 'StepLR', stepSize: '3' }], 'schedule.schedulers[0].stepSize to be'],
      [
        { type: 'SequentialLR', schedulers: [{ type: 'ExponentialLR', gamma: '1' }], milestones: [] },
        'schedule.schedulers[0].gamma',
      ],
      [
        { type: 'LambdaLR', lrLambda: 'x => x' },
        'lrLambda to be the name of a function given to registerLambda',
      ],
      [[{ type: 'ConstantLR' }, { type: 'StepLR', stepSize: 0 }], '[StepLR] expected stepSize'],
      [{ type: 'StepLR', stepSize: { epochs: 3 } }, 'stepsPerEpoch to be set'],
      [{ type: 'StepLR', stepSize: { days: 3 } }, 'schedule.stepSize to be a number of steps, { steps }'],
    ];
    const optimizer = sgd();
    const before = optionsOf(optimizer);
    for (const [schedule, text] of wrong) {
      expect(() => createScheduler(optimizer, schedule as never)).toThrow(text);
      expect(() => createScheduler(optimizer, schedule as never)).toThrow(ERROR);
    }
    expect(optionsOf(optimizer)).toEqual(before);
    expect(warnings).toEqual([]);
  });

  test('lambdas go by registered name', () => {
    const half = (): number => 0.5;
    registerLambda('half of it', half);
    registerLambda('half of it', half);
    expect(() => registerLambda('half of it', () => 1)).toThrow(ArgumentError);
    expect(new LambdaLR(sgd(), { lrLambda: half }).toJSON()).toEqual({
      type: 'LambdaLR',
      lrLambda: 'half of it',
    });
    expect(() => new LambdaLR(sgd(), { lrLambda: () => 2 }).toJSON()).toThrow(StateError);
    expect([...preview({ type: 'LambdaLR', lrLambda: 'half of it' }, { steps: 1, baseLr: 4 })]).toEqual([2]);
    expect([
      ...preview((optimizer) => new LambdaLR(optimizer, { lrLambda: (e) => e }), { steps: 3, baseLr: 4 }),
    ]).toEqual([0, 4, 8]);
  });

  test('units resolve to steps', () => {
    const schedule = withWarmup(
      { type: 'MultiStepLR', milestones: [{ epochs: 0.5 }, { steps: 7 }, { ratio: 0.25 }, 9] },
      { duration: { ratio: 0.1 }, startFactor: 0.5 },
    );
    expect(resolveUnits(schedule, { stepsPerEpoch: 10, totalSteps: 200 })).toEqual({
      type: 'SequentialLR',
      schedulers: [
        { type: 'LinearLR', startFactor: 0.5, totalIters: 20 },
        { type: 'MultiStepLR', milestones: [5, 7, 50, 9] },
      ],
      milestones: [20],
    });
  });

  test('a warmup rises to the base learning rate, where the schedule begins', () => {
    const schedule = withWarmup({ type: 'CosineAnnealingLR', tMax: 4 }, { duration: 2, startFactor: 0.5 });
    expect([...preview(schedule, { steps: 4, baseLr: 2 })]).toEqual([
      1,
      1.5,
      2,
      1 + exactMath.cos(Math.PI / 4),
    ]);
    const constant = withWarmup(
      { type: 'ExponentialLR', gamma: 0.5 },
      { duration: 2, shape: 'constant', startFactor: 0.1 },
    );
    expect([...preview(constant, { steps: 4, baseLr: 1 })]).toEqual([0.1, 0.1, 1, 0.5]);
  });

  test('at(step) changes nothing, and is refused where there is no closed form', () => {
    const scheduler = new CosineAnnealingLR(sgd(), { tMax: 10 });
    const before = scheduler.stateDict();
    expect(scheduler.at(5)).toEqual([0.05]);
    expect(scheduler.stateDict()).toEqual(before);
    expect(() => scheduler.at(-1)).toThrow(ArgumentRangeError);
    expect(() => new MultiplicativeLR(sgd(), { lrLambda: () => 1 }).at(1)).toThrow(StateError);
    expect(() => new ReduceLROnPlateau(sgd()).at(1)).toThrow(StateError);
  });
});

test("getScheduler takes Hugging Face's arguments", () => {
  const counts = { numWarmupSteps: 2, numTrainingSteps: 4 };
  const lrs = (name: Parameters<typeof getScheduler>[0], schedulerSpecificKwargs?: object): number[] => {
    const optimizer = sgd(1);
    return drive(optimizer, getScheduler(name, optimizer, { ...counts, schedulerSpecificKwargs }), 4);
  };
  expect(lrs('constant')).toEqual([1, 1, 1, 1]);
  expect(lrs('constant_with_warmup')).toEqual([0, 0.5, 1, 1]);
  expect(lrs('linear')).toEqual([0, 0.5, 1, 0.5]);
  expect(lrs('cosine')).toEqual([0, 0.5, 1, 0.5]);
  const minLr = { minLrRate: 0.25 };
  expect(lrs('cosine_warmup_with_min_lr', minLr)).toEqual([0.5, 1, 0.625, 0.25]);
  const rise = { minLr: 0.025, warmupLrRate: 0.1 }; // of the default lr, 0.1
  expect(lrs('cosine_warmup_with_min_lr', rise)).toEqual([0.1, 1, 0.625, 0.25]);
  expect(() => lrs('cosine_warmup_with_min_lr')).toThrow(ArgumentError);
  expect(() => lrs('cosine_with_min_lr', rise)).toThrow(ArgumentError);
  expect(lrs('inverse_sqrt')).toEqual([0, 0.5, 1, 1 / Math.sqrt(1.5)]);
  expect(lrs('warmup_stable_decay', { numDecaySteps: 1, warmupType: '1-sqrt' })[1]).toBe(1 - Math.sqrt(0.5));
  const plateau = getScheduler('reduce_lr_on_plateau', sgd(), { schedulerSpecificKwargs: { patience: 3 } });
  expect((plateau as ReduceLROnPlateau).patience).toBe(3);
  expect(() => getScheduler('linear', sgd(), { numWarmupSteps: 2 })).toThrow(ArgumentError);
  expect(() => getScheduler('square' as never, sgd())).toThrow(ArgumentError);
});
