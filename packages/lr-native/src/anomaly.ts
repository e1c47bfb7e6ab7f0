/**
 * Anomaly mode: every op's result and every gradient are looked through, and the first that is not a number names the op
 * that made it. Slow, for finding a fault.
 */
import { ArgumentError, StateError, checkBoolean } from '@org/lr-core';
import type { Node } from './autograd.ts';
import { hostOf } from './device-array.ts';
import type { ArrayOf, DType } from './dtype.ts';
import type { Tensor } from './tensor.ts';

export interface AnomalyOptions {
  /** Whether an infinity is one as well as NaN; default false, since a mask of -Infinity is none. */
  infinity?: boolean;
}

/** A value that is not a number, or not finite, and the op that made it. */
export class AnomalyError extends StateError {
  override readonly name = 'AnomalyError';
  /** The op that made the value first; null where it was in what the computation was given. */
  readonly op: string | null;
  readonly phase: 'forward' | 'backward';
  /** Where the op was called, for a gradient: the stack of the forward pass. */
  readonly forwardStack: string | null;

  constructor(
    text: string,
    op: string | null,
    phase: 'forward' | 'backward',
    forwardStack: string | null = null,
  ) {
    super(
      forwardStack === null ? text : `${text}; ${op} was called${forwardStack.replace(/^[^\n]*/, ' here:')}`,
    );
    this.op = op;
    this.phase = phase;
    this.forwardStack = forwardStack;
  }
}

let enabled = false;
let infinity = false;

/** Whether anomaly mode is on. */
export function isAnomalyEnabled(): boolean {
  return enabled;
}

/**
 * Turns anomaly mode on or off. As `torch.autograd.set_detect_anomaly`.
 *
 * @throws ArgumentError
 */
export function setDetectAnomaly(mode: boolean, options: AnomalyOptions = {}): void {
  const { infinity: infinities = false } = options;
  checkBoolean('setDetectAnomaly', 'mode', mode);
  checkBoolean('setDetectAnomaly', 'infinity', infinities);
  enabled = mode;
  infinity = infinities;
}

/**
 * Runs `fn`, forward and backward passes, in anomaly mode. As `torch.autograd.detect_anomaly`.
 *
 * @example detectAnomaly(() => loss(model.forward(x), target).backward())
 * @throws AnomalyError naming the op that first made NaN, or an infinity where asked; ArgumentError where `fn` returns a
 *   promise, since what it does after an `await` would not be looked at
 */
export function detectAnomaly<T>(fn: () => T, options: AnomalyOptions = {}): T {
  const before = { enabled, infinity };
  setDetectAnomaly(true, options);
  try {
    const returned = fn();
    if (returned instanceof Promise) {
      throw new ArgumentError('[detectAnomaly] expected fn to be synchronous but received a promise');
    }
    return returned;
  } finally {
    ({ enabled, infinity } = before);
  }
}

/** The first value that is an anomaly, with its index; null where there is none. */
function find(given: ArrayOf[DType]): { value: number; index: number } | null {
  const data = hostOf(given);
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return null;
  const index = data.findIndex((value) => (infinity ? !Number.isFinite(value) : Number.isNaN(value)));
  return index < 0 ? null : { value: data[index]!, index };
}

const CLEAN = (): string => (infinity ? 'finite' : 'without NaN');

/** @throws AnomalyError where the result of an op has a value that is one */
export function checkForward(op: string, inputs: readonly Tensor<DType>[], result: ArrayOf[DType]): void {
  const found = find(result);
  if (found === null) return;
  const made = `[${op}] expected the result to be ${CLEAN()} but received ${found.value} at element ${found.index}`;
  for (const [i, { data, gradFn }] of inputs.entries()) {
    const given = find(data);
    if (given === null) continue;
    throw new AnomalyError(
      `${made}, since input ${i} has ${given.value} at element ${given.index}`,
      gradFn?.op ?? null,
      'forward',
    );
  }
  throw new AnomalyError(made, op, 'forward');
}

/** @throws AnomalyError where the gradient of the result of `node`, as it has been summed up, has a value that is one */
export function checkGradient(node: Node, gradient: ArrayOf[DType]): void {
  const found = find(gradient);
  if (found === null) return;
  throw new AnomalyError(
    `[backward] expected the gradient of the result of ${node.op} to be ${CLEAN()} but received ${found.value} at element ${found.index}`,
    null,
    'backward',
    node.stack,
  );
}

/** @throws AnomalyError where a gradient that `node` has computed has a value that is one */
export function checkBackward(node: Node, gradients: readonly (ArrayOf[DType] | null | undefined)[]): void {
  for (const [i, gradient] of gradients.entries()) {
    const found = node.needs[i] && gradient != null ? find(gradient) : null;
    if (found === null) continue;
    throw new AnomalyError(
      `[backward] expected the gradient of input ${i} of ${node.op} to be ${CLEAN()} but received ${found.value} at element ${found.index}`,
      node.op,
      'backward',
      node.stack,
    );
  }
}
