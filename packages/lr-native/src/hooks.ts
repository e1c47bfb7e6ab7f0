/** Hooks: functions of the caller's that run at an event until a handle removes them. Those of modules are in nn/. */
import { StateError, checkType } from '@org/lr-core';
import { noGrad } from './autograd.ts';
import type { GradientHook } from './autograd.ts';
import type { ArrayOf, DType, RealArray } from './dtype.ts';
import { Tensor, sameShape } from './tensor.ts';

/** Removes a hook: called itself, or by its method, as PyTorch's handles. Removing again does nothing. */
export interface RemovableHandle {
  (): void;
  remove(): void;
}

/** Sees the gradient of a tensor, as a copy, and may return another to go on in its place. */
export type TensorHook<D extends DType = 'float32'> = (gradient: Tensor<D>) => Tensor<D> | void;

/** Adds `hook` to `hooks`, at its end or its beginning, and returns what takes it out again. */
export function addHook<T>(hooks: T[], hook: T, prepend = false): RemovableHandle {
  if (prepend) hooks.unshift(hook);
  else hooks.push(hook);
  const remove = (): void => {
    const at = hooks.indexOf(hook);
    if (at >= 0) hooks.splice(at, 1);
  };
  return Object.assign(remove, { remove });
}

function checkHook(op: string, hook: unknown): void {
  checkType(typeof hook === 'function', op, 'hook', 'a function', hook);
}

export function gradientHook<D extends DType>(tensor: Tensor<D>, hook: TensorHook<D>): RemovableHandle {
  checkHook('registerHook', hook);
  if (!tensor.requiresGrad) {
    throw new StateError('[registerHook] expected a tensor that requires a gradient but this one does not');
  }
  const { shape } = tensor;
  const run: GradientHook = (gradient) => {
    const returned = noGrad(() => hook(new Tensor(gradient.slice() as ArrayOf[D], shape)));
    if (returned == null) return null;
    const fits =
      returned instanceof Tensor && returned.dtype === tensor.dtype && sameShape(returned.shape, shape);
    const expected = `a ${tensor.dtype} Tensor of shape [${shape.join(', ')}] or nothing`;
    checkType(fits, 'registerHook', 'the result of the hook', expected, returned);
    return returned.data.slice() as RealArray;
  };
  return addHook(((tensor.gradFn ?? tensor).hooks ??= []), run);
}

export function accumulatedHook<D extends DType>(
  tensor: Tensor<D>,
  hook: (leaf: Tensor<D>) => void,
): RemovableHandle {
  checkHook('registerPostAccumulateGradHook', hook);
  if (!tensor.requiresGrad || tensor.gradFn !== null) {
    throw new StateError(
      `[registerPostAccumulateGradHook] expected a leaf that requires a gradient but received ${
        tensor.gradFn === null ? 'one that does not' : `the result of ${tensor.gradFn.op}`
      }`,
    );
  }
  return addHook((tensor.accumulated ??= []), () => hook(tensor));
}
