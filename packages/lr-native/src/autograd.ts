/**
 * The tape: what an op needs to take gradients back, and the pass that does. Every output that requires a gradient
 * points to its node, a node to its inputs; there is no global list, so an unused graph is garbage like anything else.
 *
 * Nodes run in the reverse order of their creation, as in PyTorch, so sums of gradients have its order too.
 */
import { ArgumentError, StateError } from '@org/lr-core';
import { addon } from './addon.ts';
import { PHASE } from './addon-types.ts';
import { checkBackward, checkGradient, isAnomalyEnabled } from './anomaly.ts';
import { refuseCapture } from './capture.ts';
import type { ArrayOf, DType, RealArray, RealDType } from './dtype.ts';
import { copied } from './ops/strided.ts';
import { release } from './pool.ts';
import { versionOf } from './versions.ts';
import type { Tensor } from './tensor.ts';

/**
 * From the gradient of the output to those of the inputs, in order. `needs[i]` says whether input i wants one; what is
 * returned for the others is ignored. A returned array is either `dy` itself or a new one (pool.ts) that the op lets go
 * of; no array is returned twice, except `dy`. `dy` is not written to.
 */
export type Backward<D extends DType = RealDType> = (
  dy: ArrayOf[D],
  needs: readonly boolean[],
) => readonly (ArrayOf[D] | null)[];

/** Sees the gradient of a tensor before it goes on, and may give another: a new array. It keeps neither. */
export type GradientHook = (gradient: RealArray) => RealArray | null;

/** A value of the forward pass that a backward reads, as it was. */
interface Saved {
  /** The input of that number, or what messages call it. */
  readonly what: number | string;
  readonly tensor: Tensor<DType>;
  readonly data: ArrayOf[DType];
  readonly version: number;
}

/** Options of an op, checked, that its inputs and its output do not show: what an export writes as attributes. */
export type Attributes = Readonly<Record<string, unknown>>;

export class Node {
  readonly op: string;
  readonly attributes: Attributes;
  /** Later nodes run first. */
  readonly sequence: number;
  readonly needs: readonly boolean[];
  /** Emptied, as `backward` is, once the graph is released. */
  inputs: readonly Tensor<DType>[];
  backward: Backward | null;
  /** Runs when the graph is released: gives scratch back. */
  readonly onRelease: (() => void) | null;
  /** The output, where retainGrad() asked for its gradient. */
  retained: Tensor<DType> | null = null;
  hooks: GradientHook[] | null = null;
  /** Where the op was called, in anomaly mode. */
  readonly stack: string | null = isAnomalyEnabled() ? (new Error().stack ?? null) : null;
  private saved: Saved[] = [];

  // What a pass through the graph notes: the gradient of the output, as far as it is summed up; whether the pass wants
  // this node's inputs at all; which pass it was.
  readonly gradient = new Sum();
  wanted = true;
  visit = 0;

  constructor(
    op: string,
    inputs: readonly Tensor<DType>[],
    backward: Backward,
    onRelease: (() => void) | null,
    attributes: Attributes,
  ) {
    this.op = op;
    this.attributes = attributes;
    this.sequence = ++sequences;
    this.inputs = inputs;
    this.needs = inputs.map((input) => input.requiresGrad);
    this.backward = backward;
    this.onRelease = onRelease;
  }

  /** Notes a value that `backward` reads. */
  save(what: number | string, tensor: Tensor<DType>): void {
    this.saved.push({ what, tensor, data: tensor.data, version: versionOf(tensor.data) });
  }

  /** @throws StateError where a value that `backward` reads has been changed since the forward pass */
  checkSaved(): void {
    for (let i = 0; i < this.saved.length; i++) {
      const { what, tensor, data, version } = this.saved[i]!;
      const replaced = tensor.data !== data;
      if (!replaced && versionOf(data) === version) continue;
      const name = `${typeof what === 'number' ? `input ${what}` : what}${tensor.name === undefined ? '' : ` (${tensor.name})`}`;
      throw new StateError(
        `[backward] expected ${name} of ${this.op}, of shape [${tensor.shape.join(', ')}], to be as in the forward pass ` +
          `but its elements have been ${replaced ? 'replaced' : 'changed in place'} since`,
      );
    }
  }

  release(): void {
    if (this.backward === null) return;
    this.backward = null;
    this.inputs = [];
    this.saved = [];
    this.onRelease?.();
  }
}

/** A gradient that is being summed up. */
class Sum {
  array: RealArray | null = null;
  /** Whether nothing else refers to the array. */
  owned = false;

  add(gradient: RealArray, owned: boolean): void {
    if (this.array === null) {
      this.array = gradient;
      this.owned = owned;
      return;
    }
    if (!this.owned) {
      if (owned) {
        addTo(gradient, this.array, false);
        this.array = gradient;
        this.owned = true;
        return;
      }
      this.array = copied(this.array);
      this.owned = true;
    }
    addTo(this.array, gradient, owned);
  }

  /** Replaces the array by what `hooks` make of it. */
  pass(hooks: readonly GradientHook[] | null): void {
    if (hooks === null) return;
    refuseCapture('a hook on a gradient');
    for (const hook of [...hooks]) {
      const other = hook(this.array!);
      if (other === null) continue;
      this.clear();
      this.add(other, true);
    }
  }

  /** The array, the caller's own. */
  take(): RealArray {
    return this.owned ? this.array! : copied(this.array!);
  }

  clear(): void {
    this.array = null;
    this.owned = false;
  }
}

function addTo(sum: RealArray, gradient: RealArray, owned: boolean): void {
  addon.accumulate(gradient.length, gradient, sum);
  if (owned) release(gradient);
}

let sequences = 0;
let visits = 0;
let gradEnabled = true;

/** Whether ops record what a backward pass needs. */
export function isGradEnabled(): boolean {
  return gradEnabled;
}

function withGradMode<T>(enabled: boolean, fn: () => T): T {
  const before = gradEnabled;
  gradEnabled = enabled;
  try {
    return fn();
  } finally {
    gradEnabled = before;
  }
}

/**
 * Runs `fn` without recording: its results require no gradient. As `torch.no_grad`.
 *
 * @throws ArgumentError where `fn` returns a promise, since what it does after an `await` would be recorded again
 */
export function noGrad<T>(fn: () => T): T {
  const returned = withGradMode(false, fn);
  if (returned instanceof Promise) {
    throw new ArgumentError('[noGrad] expected fn to be synchronous but received a promise');
  }
  return returned;
}

/** Runs `fn` with recording on, inside of noGrad. */
export function enableGrad<T>(fn: () => T): T {
  return withGradMode(true, fn);
}

/** Runs `fn` as a part of a backward pass, for profiles. */
function inBackward<T>(fn: () => T): T {
  const before = addon.setPhase(PHASE.backward);
  try {
    return fn();
  } finally {
    addon.setPhase(before);
  }
}

/** A tensor that a backward pass begins at, with its gradient. */
export interface Root {
  readonly tensor: Tensor<DType>;
  readonly gradient: RealArray;
}

/** Every node that the roots depend on, latest first. @throws StateError before anything has changed */
function collect(roots: readonly Root[]): Node[] {
  const visit = ++visits;
  const nodes: Node[] = [];
  const meet = (node: Node | null): void => {
    if (node === null || node.visit === visit) return;
    node.visit = visit;
    node.wanted = true;
    nodes.push(node);
  };
  for (const { tensor } of roots) meet(tensor.gradFn);
  for (let i = 0; i < nodes.length; i++) {
    const { inputs, needs } = nodes[i]!;
    for (let k = 0; k < inputs.length; k++) if (needs[k]) meet(inputs[k]!.gradFn);
  }
  return nodes.sort((a, b) => b.sequence - a.sequence);
}

/**
 * Notes on every node whether a gradient is to flow on to its inputs: whether one of `wanted` is behind it, as may be
 * where the graph has been freed.
 */
function narrow(nodes: readonly Node[], wanted: ReadonlySet<Tensor<DType>>): void {
  for (const node of nodes.toReversed()) {
    node.wanted = node.backward === null || node.inputs.some((_, i) => leads(node, i, wanted));
  }
}

/** Whether input `i` of `node` wants a gradient in a pass that gathers those of `wanted` only, or of all leaves. */
function leads(node: Node, i: number, wanted: ReadonlySet<Tensor<DType>> | null): boolean {
  if (!node.needs[i]) return false;
  const input = node.inputs[i]!;
  return wanted === null || wanted.has(input) || (input.gradFn?.wanted ?? false);
}

function checkRunnable(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (!node.wanted) continue;
    if (node.backward === null) {
      throw new StateError(
        `[backward] expected a graph that is still there but the buffers of ${node.op} have been freed: ` +
          'a graph can be gone through once, or more often with { retainGraph: true }',
      );
    }
    node.checkSaved();
  }
}

/**
 * The gradients of the roots to every leaf that they depend on, or to the tensors `only`; new arrays. Nothing but the
 * graph has changed when it throws.
 */
export function gradients(
  roots: readonly Root[],
  retainGraph: boolean,
  only: readonly Tensor<DType>[] | null = null,
): Map<Tensor<DType>, RealArray> {
  return inBackward(() => pass(roots, retainGraph, only));
}

function pass(
  roots: readonly Root[],
  retainGraph: boolean,
  only: readonly Tensor<DType>[] | null,
): Map<Tensor<DType>, RealArray> {
  const wanted = only === null ? null : new Set(only);
  /** By node, the results of ops among `only`. */
  const intermediate = only === null ? null : new Map(only.map((tensor) => [tensor.gradFn, tensor]));
  const leaves = new Map<Tensor<DType>, Sum>();
  const found = new Map<Tensor<DType>, RealArray>();
  const nodes = collect(roots);
  if (wanted !== null) narrow(nodes, wanted);
  checkRunnable(nodes);

  const give = (tensor: Tensor<DType>, gradient: RealArray, owned: boolean): void => {
    if (tensor.gradFn !== null) {
      tensor.gradFn.gradient.add(gradient, owned);
      return;
    }
    let sum = leaves.get(tensor);
    if (sum === undefined) leaves.set(tensor, (sum = new Sum()));
    sum.add(gradient, owned);
  };
  try {
    for (const { tensor, gradient } of roots) give(tensor, gradient, false);
    for (const node of nodes) {
      if (node.gradient.array !== null) {
        node.gradient.pass(node.hooks);
        const tensor = intermediate?.get(node);
        if (tensor !== undefined) found.set(tensor, copied(node.gradient.array));
        if (node.wanted) run(node, give, wanted);
        node.gradient.clear();
      }
      if (node.wanted && !retainGraph) node.release();
    }
  } finally {
    for (const node of nodes) node.gradient.clear();
  }
  for (const [leaf, sum] of leaves) {
    if (wanted !== null && !wanted.has(leaf)) continue;
    sum.pass(leaf.hooks);
    found.set(leaf, sum.take());
  }
  return found;
}

/** Takes the gradient of the output of `node` to its inputs. */
function run(
  node: Node,
  give: (tensor: Tensor<DType>, gradient: RealArray, owned: boolean) => void,
  wanted: ReadonlySet<Tensor<DType>> | null,
): void {
  const { inputs, gradient } = node;
  const dy = gradient.array!;
  if (isAnomalyEnabled()) checkGradient(node, dy);
  if (node.retained !== null) accumulate(node.retained, copied(dy));
  const needs = wanted === null ? node.needs : inputs.map((_, i) => leads(node, i, wanted));
  const grads = node.backward!(dy, needs);
  if (isAnomalyEnabled()) checkBackward(node, grads);
  let uses = 0;
  for (let i = 0; i < inputs.length; i++) if (needs[i] && grads[i]?.buffer === dy.buffer) uses += 1;
  for (let i = 0; i < inputs.length; i++) {
    const grad = grads[i];
    if (!needs[i] || grad == null) continue;
    give(inputs[i]!, grad, grad.buffer !== dy.buffer || (gradient.owned && uses === 1));
  }
  if (uses === 0 && gradient.owned) release(dy);
}

/** Adds a gradient, which is taken over, to the `grad` of a tensor. */
export function accumulate(tensor: Tensor<DType>, gradient: RealArray): void {
  if (tensor.grad === null) tensor.grad = gradient;
  else addTo(tensor.grad as RealArray, gradient, true);
}

/** Gradients of the roots to every leaf or to the tensors `only`, added to what their `grad` holds. */
export function runBackward(
  roots: readonly Root[],
  retainGraph: boolean,
  only: readonly Tensor<DType>[] | null = null,
): void {
  inBackward(() => {
    for (const [tensor, gradient] of pass(roots, retainGraph, only)) {
      accumulate(tensor, gradient);
      if (tensor.accumulated === null) continue;
      refuseCapture('a hook on a gradient');
      for (const hook of [...tensor.accumulated]) hook();
    }
  });
}
