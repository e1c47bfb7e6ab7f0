/**
 * The tape: what an op needs to take gradients back, and the pass that does. Every output that requires a gradient
 * points to its node, a node to its inputs; there is no global list, so an unused graph is garbage like anything else.
 *
 * Nodes run in the reverse order of their creation, as in PyTorch, so sums of gradients have its order too.
 */
import { ArgumentError, StateError } from '@org/lr-core';
import { addon } from './addon.ts';
import type { ArrayOf, DType, RealArray, RealDType } from './dtype.ts';
import { release } from './pool.ts';
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

  // The gradient of the output while a backward pass collects it, and whether nothing else refers to it.
  grad: RealArray | null = null;
  gradOwned = false;
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

  release(): void {
    if (this.backward === null) return;
    this.backward = null;
    this.inputs = [];
    this.onRelease?.();
  }
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

/** Every node that `root` depends on, latest first. */
function collect(root: Node): Node[] {
  const visit = ++visits;
  const nodes = [root];
  root.visit = visit;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (node.backward === null) {
      throw new StateError(
        `[backward] expected a graph that is still there but the buffers of ${node.op} have been freed: ` +
          'a graph can be gone through once, or more often with { retainGraph: true }',
      );
    }
    for (let k = 0; k < node.inputs.length; k++) {
      const next = node.needs[k] ? node.inputs[k]!.gradFn : null;
      if (next !== null && next.visit !== visit) {
        next.visit = visit;
        nodes.push(next);
      }
    }
  }
  return nodes.sort((a, b) => b.sequence - a.sequence);
}

/** Adds `grad` to what node has; takes it over where it may. */
function addToNode(node: Node, grad: RealArray, owned: boolean): void {
  if (node.grad === null) {
    node.grad = grad;
    node.gradOwned = owned;
    return;
  }
  if (!node.gradOwned) {
    node.grad = node.grad.slice();
    node.gradOwned = true;
  }
  addon.accumulate(grad.length, grad, node.grad);
  if (owned) release(grad);
}

function addToLeaf(leaf: Tensor<DType>, grad: RealArray, owned: boolean): void {
  if (leaf.grad === null) {
    leaf.grad = owned ? grad : grad.slice();
    return;
  }
  addon.accumulate(grad.length, grad, leaf.grad as RealArray);
  if (owned) release(grad);
}

/** Gradients of `root` to every leaf, added to what their `grad` holds. `gradient` has the size of root. */
export function runBackward(root: Tensor<DType>, gradient: ArrayOf[DType], retainGraph: boolean): void {
  if (root.gradFn === null) {
    addToLeaf(root, gradient as RealArray, false);
    return;
  }
  const nodes = collect(root.gradFn);
  root.gradFn.grad = gradient as RealArray;
  root.gradFn.gradOwned = false;
  try {
    for (const node of nodes) {
      const dy = node.grad;
      if (dy !== null) runNode(node, dy);
      node.grad = null;
      if (!retainGraph) node.release();
    }
  } finally {
    for (const node of nodes) node.grad = null;
  }
}

function runNode(node: Node, dy: RealArray): void {
  if (node.retained !== null) addToLeaf(node.retained, dy, false);
  const { inputs, needs } = node;
  const grads = node.backward!(dy, needs);
  let uses = 0;
  for (let i = 0; i < inputs.length; i++) if (needs[i] && grads[i]?.buffer === dy.buffer) uses += 1;
  for (let i = 0; i < inputs.length; i++) {
    const grad = grads[i];
    if (!needs[i] || grad == null) continue;
    const owned = grad.buffer !== dy.buffer || (node.gradOwned && uses === 1);
    const input = inputs[i]!;
    if (input.gradFn === null) addToLeaf(input, grad, owned);
    else addToNode(input.gradFn, grad, owned);
  }
  if (uses === 0 && node.gradOwned) release(dy);
}
