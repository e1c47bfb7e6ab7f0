/** Losses of the difference of input and target: L1, smooth L1, Huber. */
import { checkAtLeast, checkRange } from '@org/lr-core';
import { acquire } from '../pool.ts';
import type { Tensor } from '../tensor.ts';
import type { LossOptions } from './mse-loss.ts';
import { checkReduction, checkShapeIs, checkTensor, result } from './op.ts';

/** `value(d)` of every difference d = input - target, reduced, with the derivative `slope(d)`. */
function differenceLoss(
  op: string,
  input: Tensor,
  target: Tensor,
  { reduction = 'mean' }: LossOptions,
  value: (d: number) => number,
  slope: (d: number) => number,
): Tensor {
  checkTensor(op, 'input', input);
  checkTensor(op, 'target', target);
  checkShapeIs(op, 'target', target, input.shape);
  checkReduction(op, reduction);
  const x = input.data;
  const t = target.data;
  const each = reduction === 'none';
  const loss = new Float32Array(each ? x.length : 1);
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const term = value(Math.fround(x[i]! - t[i]!));
    if (each) loss[i] = term;
    else sum += term;
  }
  const divisor = reduction === 'mean' ? x.length : 1;
  if (!each) loss[0] = sum / divisor;
  return result(op, [input, target], loss, each ? input.shape : [], (dloss, needs) => {
    const gradient = (sign: 1 | -1): Float32Array => {
      const dx = acquire(x.length);
      for (let i = 0; i < dx.length; i++) {
        dx[i] = (sign * slope(Math.fround(x[i]! - t[i]!)) * dloss[each ? i : 0]!) / divisor;
      }
      return dx;
    };
    return [needs[0] ? gradient(1) : null, needs[1] ? gradient(-1) : null];
  });
}

/** |input - target|, reduced. As `torch.nn.functional.l1_loss`, for equal shapes. @throws ArgumentError, ShapeError */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return differenceLoss('l1Loss', input, target, options, Math.abs, Math.sign);
}

export interface SmoothL1LossOptions extends LossOptions {
  /** Where the square turns into a line; default 1, and 0 is l1Loss. */
  beta?: number;
}

/**
 * d² / (2 · beta) below beta, |d| - beta / 2 above. As `torch.nn.functional.smooth_l1_loss`, for equal shapes.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1LossOptions = {}): Tensor {
  const { beta = 1 } = options;
  checkAtLeast('smoothL1Loss', 'beta', beta, 0);
  return differenceLoss(
    'smoothL1Loss',
    input,
    target,
    options,
    (d) => (Math.abs(d) < beta ? (0.5 * d * d) / beta : Math.abs(d) - 0.5 * beta),
    (d) => (Math.abs(d) < beta ? d / beta : Math.sign(d)),
  );
}

export interface HuberLossOptions extends LossOptions {
  /** Where the square turns into a line; default 1. */
  delta?: number;
}

/**
 * d² / 2 up to delta, delta · (|d| - delta / 2) above. As `torch.nn.functional.huber_loss`, for equal shapes.
 *
 * @throws ArgumentError, ArgumentRangeError, ShapeError
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberLossOptions = {}): Tensor {
  const { delta = 1 } = options;
  checkAtLeast('huberLoss', 'delta', delta, 0);
  checkRange(delta > 0, 'huberLoss', 'delta', 'a number > 0', delta);
  return differenceLoss(
    'huberLoss',
    input,
    target,
    options,
    (d) => (Math.abs(d) <= delta ? 0.5 * d * d : delta * (Math.abs(d) - 0.5 * delta)),
    (d) => (Math.abs(d) <= delta ? d : delta * Math.sign(d)),
  );
}
