/**
 * The curve of a case of fixtures/schedulers.json: learning rates, then momenta, of every group after every step. Takes
 * lr-core as an argument and imports nothing but types, so that scripts/engines.mjs can run it anywhere.
 */
import type * as Core from '../src/index.ts';

export interface Case {
  optimizer: 'sgd' | 'adam';
  lrs: number[];
  schedule: Core.ScheduleObject;
  epochs?: (number | null)[];
  metrics?: { seed: number; rate: number; noise: number; sign: number; nanEvery: number };
  steps: number;
  sha256: string;
  samples: Record<string, string[]>;
  /** How many of the doubles differ where PyTorch runs on this machine's C library, */
  libm: number;
  /** and by how much at most, over the largest of the curve. */
  libmError: number;
}

export function registerLambdas({ registerLambda, exactMath: { cos, pow } }: typeof Core): void {
  registerLambda('inverse', (epoch) => 1 / (epoch + 1));
  registerLambda('power95', (epoch) => pow(0.95, epoch));
  registerLambda('power9', (epoch) => pow(0.9, epoch));
  registerLambda('wave', (epoch) => 0.5 * (1 + cos(0.01 * epoch)));
  registerLambda('constant95', () => 0.95);
  registerLambda('nearly1', (epoch) => 1 - 1 / (epoch + 2));
  registerLambda('halve', (x) => 1 / pow(2, x - 1));
}

/** Like `splitmix64` of the generator. */
export function splitmix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}

/** Like `metrics_of` of the generator. */
function metricsOf({ metrics, steps }: Case): number[] | undefined {
  if (metrics === undefined) return undefined;
  const { seed, rate, noise, sign, nanEvery } = metrics;
  const next = splitmix64(BigInt(seed));
  return Array.from({ length: steps }, (_, i) => {
    const u = Number(next() >> 11n) / 2 ** 53;
    return nanEvery !== 0 && i % nanEvery === 0 ? NaN : sign * (1 / (1 + i * rate) + noise * u);
  });
}

export function optimizerOf(
  { SGD, Adam, Param }: typeof Core,
  { optimizer, lrs }: Pick<Case, 'optimizer' | 'lrs'>,
): Core.Optimizer {
  const groups = lrs.map((lr) => ({ params: [new Param([0])], lr }));
  const made =
    optimizer === 'sgd'
      ? new SGD(groups, { lr: lrs[0]!, momentum: 0.5 })
      : new Adam(groups, { lr: lrs[0]!, betas: [0.7, 0.99] });
  return made as unknown as Core.Optimizer;
}

/** @returns [steps, 2, groups] */
export function curveOf(core: typeof Core, fixture: Case): Float64Array {
  const optimizer = optimizerOf(core, fixture);
  const groups = optimizer.paramGroups as unknown as { lr: number; momentum?: number; betas?: number[] }[];
  const scheduler = core.createScheduler(optimizer, fixture.schedule);
  const metrics = metricsOf(fixture);
  const curve = new Float64Array(fixture.steps * 2 * groups.length);
  let at = 0;
  for (let i = 0; i < fixture.steps; i++) {
    if (i > 0) {
      optimizer.step();
      const epoch = fixture.epochs?.[i - 1];
      scheduler.step(metrics?.[i - 1] ?? epoch ?? undefined);
    }
    for (const group of groups) curve[at++] = group.lr;
    for (const group of groups) curve[at++] = group.betas?.[0] ?? group.momentum!;
  }
  return curve;
}
