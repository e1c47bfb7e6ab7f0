/** Which modules keep neither what their forward takes nor what it gives, so that a container may reuse that memory. */
import * as activations from './activations.ts';
import * as avgPool from './avg-pool.ts';
import * as conv from './conv.ts';
import * as dropout from './dropout.ts';
import { Flatten } from './flatten.ts';
import { Linear } from './linear.ts';
import * as lpPool from './lp-pool.ts';
import * as maxPool from './max-pool.ts';
import type { Module } from './module.ts';
import * as norm from './norm.ts';
import { ReLU } from './relu.ts';
import { Upsample } from './upsample.ts';

const families = [
  activations,
  avgPool,
  conv,
  dropout,
  lpPool,
  maxPool,
  norm,
  { Flatten, Linear, ReLU, Upsample },
];

/** The forward of each class, as it is defined. */
const FORWARD = new Map<unknown, unknown>(
  families
    .flatMap((family) => Object.values(family))
    .filter((value) => typeof value === 'function')
    .map((constructor) => [constructor, (constructor.prototype as Module | undefined)?.forward]),
);

/** Whether nobody keeps a tensor that passes `module`: a subclass could, a hook, or a forward that somebody has put there. */
export function keepsNothing(module: Module<unknown>): boolean {
  return FORWARD.get(module.constructor) === module.forward;
}
