/**
 * Hooks of modules. While a module has any, its `forward` is one that runs them, so that they run wherever forward is
 * called; a module without hooks pays nothing.
 */
import { checkBoolean, checkType } from '@org/lr-core';
import { isGradEnabled } from '../autograd.ts';
import { refuseCapture } from '../capture.ts';
import type { DType } from '../dtype.ts';
import { Function } from '../function.ts';
import type { FunctionContext } from '../function.ts';
import { addHook } from '../hooks.ts';
import type { RemovableHandle } from '../hooks.ts';
import { Tensor } from '../tensor.ts';
import type { Module } from './module.ts';

type Any = Module<unknown>;
/** Gradients by position; null for what has none. */
export type Gradients = readonly (Tensor | null)[];

/** May return the inputs to use instead: an array of them, or the only one. */
export type ForwardPreHook<M = Any> = (module: M, inputs: readonly unknown[]) => unknown;
/** May return the output to use instead. */
export type ForwardHook<M = Any> = (module: M, inputs: readonly unknown[], output: unknown) => unknown;
/** May return the gradients to use instead, as many. */
export type BackwardPreHook<M = Any> = (module: M, gradOutput: Gradients) => Gradients | void;
/** May return the gradients of the inputs to use instead, as many. */
export type BackwardHook<M = Any> = (
  module: M,
  gradInput: Gradients,
  gradOutput: Gradients,
) => Gradients | void;

export interface HookOptions {
  /** Run before the hooks registered so far; default false. */
  prepend?: boolean;
}

interface Hooks {
  readonly forwardPre: ForwardPreHook[];
  readonly forward: ForwardHook[];
  readonly backwardPre: BackwardPreHook[];
  readonly backward: BackwardHook[];
  /** A forward that is the instance's own rather than its class's. */
  readonly own: PropertyDescriptor | undefined;
}

const HOOKS = new WeakMap<Any, Hooks>();

/** @throws ArgumentError */
export function registerModuleHook<K extends Exclude<keyof Hooks, 'own'>>(
  op: string,
  module: Any,
  kind: K,
  hook: Hooks[K][number],
  { prepend = false }: HookOptions = {},
): RemovableHandle {
  checkType(typeof hook === 'function', op, 'hook', 'a function', hook);
  checkBoolean(op, 'prepend', prepend);
  const hooks = HOOKS.get(module) ?? install(module);
  const handle = addHook<unknown>(hooks[kind], hook, prepend);
  const remove = (): void => {
    handle.remove();
    uninstall(module);
  };
  return Object.assign(remove, { remove });
}

/** Gives `to`, a copy of `from` with a forward of the same kind, the same hooks. */
export function copyHooks(from: Any, to: Any): void {
  const hooks = HOOKS.get(from);
  if (hooks === undefined) return;
  HOOKS.set(to, {
    forwardPre: [...hooks.forwardPre],
    forward: [...hooks.forward],
    backwardPre: [...hooks.backwardPre],
    backward: [...hooks.backward],
    own: hooks.own,
  });
}

function install(module: Any): Hooks {
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const hooks: Hooks = { forwardPre: [], forward: [], backwardPre: [], backward: [], own };
  HOOKS.set(module, hooks);
  Object.defineProperty(module, 'forward', {
    value: hooked,
    enumerable: false,
    writable: true,
    configurable: true,
  });
  return hooks;
}

function uninstall(module: Any): void {
  const hooks = HOOKS.get(module);
  if (hooks === undefined) return;
  const { forwardPre, forward, backwardPre, backward, own } = hooks;
  if (forwardPre.length + forward.length + backwardPre.length + backward.length > 0) return;
  HOOKS.delete(module);
  if (own !== undefined) Object.defineProperty(module, 'forward', own);
  else delete (module as Partial<Any>).forward;
}

/** The forward of a module that has hooks. */
function hooked(this: Any, ...given: unknown[]): unknown {
  refuseCapture('a hook of a module');
  const hooks = HOOKS.get(this)!;
  const forward = (hooks.own?.value ?? (Object.getPrototypeOf(this) as Any).forward) as Any['forward'];
  let inputs = given;
  for (const hook of [...hooks.forwardPre]) {
    const other = hook(this, inputs);
    if (other !== undefined) inputs = Array.isArray(other) ? other : [other];
  }
  const goesBack = hooks.backwardPre.length + hooks.backward.length > 0 && isGradEnabled();
  const passage = goesBack ? new Passage(this, hooks) : null;
  if (passage !== null) inputs = passage.enter(inputs);
  let output: unknown = forward.apply(this, inputs);
  for (const hook of [...hooks.forward]) output = hook(this, inputs, output) ?? output;
  return passage === null ? output : passage.leave(output);
}

/** What is between the inputs and the outputs of one call of a module: where its backward hooks see the gradients. */
class Passage {
  readonly #module: Any;
  readonly #hooks: Hooks;
  #inputs = 0;
  #entered = false;
  #gradOutput: Gradients = [];

  constructor(module: Any, hooks: Hooks) {
    this.#module = module;
    this.#hooks = hooks;
  }

  enter(inputs: readonly unknown[]): unknown[] {
    this.#inputs = inputs.length;
    this.#entered = inputs.some(wantsGradient);
    return through(inputs, (gradInput) => this.#run(gradInput));
  }

  leave(output: unknown): unknown {
    const outputs = Array.isArray(output) ? (output as unknown[]) : [output];
    const left = through(outputs, (gradOutput) => {
      this.#gradOutput = gradOutput;
      for (const hook of [...this.#hooks.backwardPre]) {
        this.#gradOutput = hook(this.#module, this.#gradOutput) ?? this.#gradOutput;
      }
      if (!this.#entered) this.#run(new Array<null>(this.#inputs).fill(null));
      return this.#gradOutput;
    });
    return Array.isArray(output) ? left : left[0];
  }

  #run(gradInput: Gradients): Gradients {
    let gradients = gradInput;
    for (const hook of [...this.#hooks.backward]) {
      gradients = hook(this.#module, gradients, this.#gradOutput) ?? gradients;
    }
    return gradients;
  }
}

function wantsGradient(value: unknown): boolean {
  return value instanceof Tensor && (value as Tensor<DType>).requiresGrad;
}

/** `values` themselves, their gradients passed through `see`. */
function through(values: readonly unknown[], see: (gradients: Gradients) => Gradients): unknown[] {
  return values.some(wantsGradient) ? ModuleHooks.apply(see, ...values) : [...values];
}

class ModuleHooks extends Function {
  static forward(
    ctx: FunctionContext,
    see: (gradients: Gradients) => Gradients,
    ...values: unknown[]
  ): unknown[] {
    ctx.see = see;
    ctx.setMaterializeGrads(false);
    return values;
  }

  static backward(ctx: FunctionContext, ...gradients: (Tensor | null)[]): (Tensor | null)[] {
    return [null, ...(ctx.see as (gradients: Gradients) => Gradients)(gradients)];
  }
}
