/**
 * What callers rely on: the names of the package, the options of each class, and PyTorch's defaults of them. An option or a
 * name that is missing here fails to compile or to construct. What the classes compute is the business of the other tests.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import {
  AveragedModel,
  ChainedScheduler,
  clipGradNorm,
  clipGradValue,
  emaAverage,
  exactMath,
  LRScheduler,
  Optimizer,
  Param,
  SequentialLR,
  SGD,
  StepLR,
  swaAverage,
  useKernels,
  type DeviceBuffer,
  type Parameter,
  type SparseGrad,
  type Storage,
} from '../src/index.ts';

beforeAll(() => void core.setWarningHandler(() => {}));
afterAll(() => void core.setWarningHandler(null));

const ADAM = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false };

/** Every option with PyTorch's default. */
const OPTIMIZERS = {
  SGD: { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false },
  Adam: { ...ADAM, amsgrad: false, decoupledWeightDecay: false },
  AdamW: { ...ADAM, weightDecay: 1e-2, amsgrad: false },
  NAdam: { ...ADAM, lr: 2e-3, momentumDecay: 4e-3, decoupledWeightDecay: false },
  RAdam: { ...ADAM, decoupledWeightDecay: false },
  Adamax: { ...ADAM, lr: 2e-3 },
  Adagrad: {
    lr: 1e-2,
    lrDecay: 0,
    weightDecay: 0,
    initialAccumulatorValue: 0,
    eps: 1e-10,
    maximize: false,
  },
  Adadelta: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false },
  RMSprop: {
    lr: 1e-2,
    alpha: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    momentum: 0,
    centered: false,
    maximize: false,
  },
  Rprop: { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false },
  ASGD: { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false },
  LBFGS: {
    lr: 1,
    maxIter: 20,
    maxEval: null,
    toleranceGrad: 1e-7,
    toleranceChange: 1e-9,
    historySize: 100,
    lineSearchFn: null,
  },
  SparseAdam: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false },
  Adafactor: { lr: 1e-2, beta2Decay: -0.8, eps: [null, 1e-3], d: 1, weightDecay: 0, maximize: false },
  Muon: {
    lr: 1e-3,
    weightDecay: 0.1,
    momentum: 0.95,
    nesterov: true,
    nsCoefficients: [3.4445, -4.775, 2.0315],
    eps: 1e-7,
    nsSteps: 5,
    adjustLrFn: null,
  },
};

/** What is no option, but in the groups. */
const FIXED: Record<string, object> = { AdamW: { decoupledWeightDecay: true } };

type AnyOptimizer = new (params: Iterable<Parameter>, options?: object) => Optimizer;
const optimizerClass = (name: string): AnyOptimizer => core[name as 'SGD'] as unknown as AnyOptimizer;
const matrix = (): Param => new Param([1, 2, 3, 4], [2, 2]);

describe('optimizers take every option, with the defaults of PyTorch', () => {
  test.each(Object.entries(OPTIMIZERS))('%s', (name, defaults) => {
    const plain = new (optimizerClass(name))([matrix()]);
    const explicit = new (optimizerClass(name))([matrix()], defaults);
    for (const optimizer of [plain, explicit]) {
      expect(optimizer).toBeInstanceOf(Optimizer);
      expect(optimizer.defaults).toEqual({ ...defaults, ...FIXED[name] });
      expect(optimizer.paramGroups[0]).toMatchObject(defaults);
      expect(optimizer.state).toBeInstanceOf(Map);
    }
    const loaded = JSON.parse(JSON.stringify(structuredClone(plain.stateDict()))) as core.OptimizerStateDict;
    explicit.loadStateDict(loaded);
    expect(explicit.stateDict()).toEqual(plain.stateDict());
  });

  test('parameters come as a list, with names, or in groups', () => {
    const [a, b]: Parameter[] = [matrix(), new Param([1], [1], { requiresGrad: true, name: 'bias' })];
    expect(new SGD([a!, b!]).paramGroups[0]!.params).toEqual([a, b]);
    expect(new SGD(new Map([['a', a!]]), { lr: 0.1 }).paramGroups[0]!.paramNames).toEqual(['a']);
    const optimizer = new SGD([{ params: [a!], lr: 0.5 }], { lr: 0.1, momentum: 0.9 });
    optimizer.addParamGroup({ params: [b!] });
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.5, 0.1]);
  });

  test('step, zeroGrad and the hooks', () => {
    const param = matrix();
    const optimizer = new SGD([param], { lr: 1 });
    const calls: string[] = [];
    const removals = [
      optimizer.registerStepPreHook(() => void calls.push('pre')),
      optimizer.registerStepPostHook(() => void calls.push('post')),
    ];
    expect(optimizer.step()).toBeUndefined();
    expect([...param.data]).toEqual([1, 2, 3, 4]); // a null gradient is skipped
    param.grad = Float32Array.of(1, 1, 1, 1);
    expect(optimizer.step(() => 0.25)).toBe(0.25);
    expect([...param.data]).toEqual([0, 1, 2, 3]);
    expect(calls).toEqual(['pre', 'post', 'pre', 'post']);
    for (const remove of removals) remove();
    optimizer.zeroGrad({ setToNone: false });
    expect(param.grad).toEqual(new Float32Array(4));
    optimizer.zeroGrad();
    expect(param.grad).toBeNull();
    optimizer.step();
    expect(calls).toHaveLength(4);
  });
});

/** What must be given, and every other option with PyTorch's default. */
const SCHEDULERS: Record<string, [required: object, defaults: object]> = {
  LambdaLR: [{ lrLambda: () => 1 }, {}],
  MultiplicativeLR: [{ lrLambda: [() => 1] }, {}],
  StepLR: [{ stepSize: 3 }, { gamma: 0.1 }],
  MultiStepLR: [{ milestones: [2, 4] }, { gamma: 0.1 }],
  ConstantLR: [{}, { factor: 1 / 3, totalIters: 5 }],
  LinearLR: [{}, { startFactor: 1 / 3, endFactor: 1, totalIters: 5 }],
  ExponentialLR: [{ gamma: 0.9 }, {}],
  PolynomialLR: [{}, { totalIters: 5, power: 1 }],
  CosineAnnealingLR: [{ tMax: 10 }, { etaMin: 0 }],
  CosineAnnealingWarmRestarts: [{ t0: 10 }, { tMult: 1, etaMin: 0 }],
  CyclicLR: [
    { baseLr: 0.01, maxLr: 0.1 },
    {
      stepSizeUp: 2000,
      stepSizeDown: null,
      mode: 'triangular',
      gamma: 1,
      scaleFn: null,
      scaleMode: 'cycle',
      cycleMomentum: true,
      baseMomentum: 0.8,
      maxMomentum: 0.9,
    },
  ],
  OneCycleLR: [
    { maxLr: 0.1, totalSteps: 20 },
    {
      epochs: null,
      stepsPerEpoch: null,
      pctStart: 0.3,
      annealStrategy: 'cos',
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
    },
  ],
  ReduceLROnPlateau: [
    {},
    {
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      verbose: false,
    },
  ],
  SWALR: [{ swaLr: 0.05 }, { annealEpochs: 10, annealStrategy: 'cos' }],
};

type AnyScheduler = new (optimizer: Optimizer, options: object) => LRScheduler & { step(x?: number): void };
const schedulerClass = (name: string): AnyScheduler => core[name as 'StepLR'] as unknown as AnyScheduler;
const optimizerWithMomentum = (): SGD => new SGD([matrix()], { lr: 0.1, momentum: 0.9 });

describe('schedulers take every option, with the defaults of PyTorch', () => {
  test.each(Object.entries(SCHEDULERS))('%s', (name, [required, defaults]) => {
    const [plain, explicit] = [required, { ...required, ...defaults, lastEpoch: -1 }].map((options) => {
      const optimizer = optimizerWithMomentum();
      const scheduler = new (schedulerClass(name))(optimizer, options);
      expect(scheduler).toBeInstanceOf(LRScheduler);
      expect(scheduler.optimizer).toBe(optimizer);
      expect(scheduler.baseLrs).toHaveLength(1);
      for (let epoch = 0; epoch < 10; epoch++) {
        optimizer.step();
        scheduler.step(name === 'ReduceLROnPlateau' ? 1 : undefined);
      }
      expect(scheduler.lastEpoch).toBe(10);
      expect(scheduler.getLastLr()).toEqual([optimizer.paramGroups[0]!.lr]);
      return scheduler;
    });
    expect(explicit!.stateDict()).toEqual(plain!.stateDict());
    explicit!.loadStateDict(
      JSON.parse(JSON.stringify(structuredClone(plain!.stateDict()))) as core.SchedulerStateDict,
    );
    expect(explicit!.stateDict()).toEqual(plain!.stateDict());
  });

  test('SequentialLR and ChainedScheduler', () => {
    const optimizer = optimizerWithMomentum();
    const schedulers = [1, 2].map((stepSize) => new StepLR(optimizer, { stepSize, lastEpoch: -1 }));
    const sequential = new SequentialLR(optimizer, { schedulers, milestones: [3], lastEpoch: -1 });
    expect(sequential.milestones).toEqual([3]);
    expect(new ChainedScheduler(schedulers).optimizer).toBe(optimizer);
    expect(new ChainedScheduler(schedulers, { optimizer }).getLastLr()).toEqual([0.1]);
  });

  test('a scheduler keeps the base learning rate in group.initialLr', () => {
    const optimizer = optimizerWithMomentum();
    new StepLR(optimizer, { stepSize: 1 }).step(2); // the deprecated jump
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.1 * exactMath.pow(0.1, 2), initialLr: 0.1 });
  });
});

describe('the rest', () => {
  test('exactMath is cos, exp, log and pow', () => {
    expect(Object.keys(exactMath)).toEqual(['cos', 'exp', 'log', 'pow']);
    expect([exactMath.cos(0), exactMath.exp(0), exactMath.log(1), exactMath.pow(0.9, 4)]).toEqual([
      1, 1, 0, 0.6561,
    ]);
  });

  test('a parameter is data, grad, shape, requiresGrad and perhaps a name', () => {
    const buffer: DeviceBuffer = {
      length: 1,
      device: 'cuda:0',
      toFloat32Array: () => Float32Array.of(1),
      free: () => {},
    };
    const storages: Storage[] = [Float32Array.of(1), buffer];
    const sparse: SparseGrad = { indices: Int32Array.of(0), values: Float32Array.of(1) };
    const params: Parameter[] = storages.map((data) => ({
      data,
      grad: sparse,
      shape: [1],
      requiresGrad: true,
    }));
    expect(() => new SGD(params)).not.toThrow();
    const param = new Param([1, 2], [2, 1], { requiresGrad: false, name: 'w' });
    expect({ ...param }).toEqual({
      data: Float32Array.of(1, 2),
      grad: null,
      shape: [2, 1],
      requiresGrad: false,
      name: 'w',
    });
  });

  test('clipping', () => {
    const param = matrix();
    param.grad = Float32Array.of(3, 0, 0, 4);
    expect(clipGradNorm([param], Infinity)).toBe(5);
    expect(clipGradNorm([param], 5, { normType: Infinity, errorIfNonfinite: true })).toBe(4);
    clipGradValue([param], 2);
    expect([...param.grad]).toEqual([2, 0, 0, 2]);
  });

  test('averaging', () => {
    const param = matrix();
    for (const options of [{}, { average: swaAverage() }, { average: emaAverage(0.5) }]) {
      const averaged = new AveragedModel([param], options);
      param.data.set([1, 2, 3, 4]);
      averaged.updateParameters();
      expect(averaged.params[0]!.data).toEqual(param.data);
      param.data.fill(5);
      averaged.updateParameters();
      expect([...averaged.params[0]!.data]).toEqual([3, 3.5, 4, 4.5]);
    }
  });

  test("useKernels takes 'js' or 'native'", () => {
    useKernels('js');
    expect(() => useKernels('native')).toThrow('import @org/lr-native');
  });
});
