/** The learning rates that a schedule gives, without data or a model. */
import { Param } from '@org/lr-core';
import type { Entry } from '../config-fields.ts';
import { buildOptimizer, Schedule } from '../schedule.ts';

export interface Curve {
  title: string;
  /** What a point of the curve is: a step or an epoch. */
  unit: 'epoch' | 'step';
  /** The learning rate in force during each unit. */
  rates: Float64Array;
}

export interface CurveRequest {
  title: string;
  optimizer: Entry;
  schedulers: readonly Entry[];
  /** How many units to show. */
  length: number;
  /** Where schedulers step each epoch and each step: how many steps an epoch has. */
  stepsPerEpoch: number;
}

/** The unit a curve of these schedulers has: steps as soon as one of them follows steps. */
export const unitOf = (schedulers: readonly Entry[]): Curve['unit'] =>
  schedulers.some(({ interval }) => interval === 'step') ? 'step' : 'epoch';

/** ReduceLROnPlateau is shown for a metric that never improves. */
const CONSTANT_METRICS = { trainLoss: 1, valLoss: 1, valAccuracy: 1 };

/** @throws UsageError for options that a constructor refuses */
export function curve({ title, optimizer: entry, schedulers, length, stepsPerEpoch }: CurveRequest): Curve {
  const unit = unitOf(schedulers);
  // Two dimensions, since Muon takes matrices only.
  const optimizer = buildOptimizer(entry, [new Param([0], [1, 1])]);
  const schedule = new Schedule(schedulers, optimizer);
  const rates = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    rates[i] = optimizer.paramGroups[0]!.lr as number;
    if (i === length - 1) break;
    optimizer.step();
    schedule.endStep();
    if (unit === 'epoch' || (i + 1) % stepsPerEpoch === 0) schedule.endEpoch(CONSTANT_METRICS);
  }
  return { title, unit, rates };
}
