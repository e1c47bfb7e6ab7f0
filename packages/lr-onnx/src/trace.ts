/**
 * The graph of a model, from one run of it. A module that an operator writes is one step, whatever it computes within;
 * everything else is followed through the tape, function by function. How a step is written is for ops/.
 */
import { ArgumentError, ArgumentRangeError, message } from '@org/lr-core';
import { Tensor, enableGrad } from '@org/lr-native';
import type { DType, nn } from '@org/lr-native';
import { GraphBuilder } from './graph-builder.ts';
import type { Operator, Value } from './operator.ts';
import { OPERATORS } from './ops/index.ts';

const OP = 'exportOnnx';

/** Whether `module` does what `row` writes: a subclass with a forward of its own does not. */
function writes(row: Operator, module: nn.Module): boolean {
  const { module: kind } = row;
  return kind !== undefined && module instanceof kind && module.forward === kind.prototype.forward;
}

function checkOpset(graph: GraphBuilder, row: Operator, what: string): void {
  if (graph.opset >= row.sinceOpset) return;
  const expectation = `an integer >= ${row.sinceOpset}, which ${what} (${row.opType}) needs,`;
  throw new ArgumentRangeError(message(OP, 'opset', expectation, graph.opset));
}

/** What has been traced so far. */
class Trace {
  readonly graph: GraphBuilder;
  readonly #values = new Map<Tensor<DType>, Value>();

  constructor(graph: GraphBuilder) {
    this.graph = graph;
  }

  define(sample: Tensor<DType>, name: string): Value {
    const value = { name, sample };
    this.#values.set(sample, value);
    return value;
  }

  /** The value that a tensor is: known, the result of a function, or a constant. */
  valueOf(tensor: Tensor<DType>): Value {
    const known = this.#values.get(tensor);
    if (known !== undefined) return known;
    const made = tensor.gradFn;
    if (made === null) return this.define(tensor, this.graph.weight(tensor as Tensor));
    const inputs = made.inputs.map((input) => this.valueOf(input));
    const row = OPERATORS.find(({ functions }) => functions?.includes(made.op));
    if (row === undefined) {
      const known = OPERATORS.flatMap(({ functions = [] }) => functions).join(', ');
      throw new ArgumentError(
        `[${OP}] expected ${this.graph.about} to be made of nn's modules and of the functions ${known} but received ${made.op}`,
      );
    }
    checkOpset(this.graph, row, made.op);
    return this.define(tensor, row.functionToNodes!(inputs, tensor, this.graph, made.attributes));
  }

  /** Runs a module's own forward as one step, where one of `rows` writes it. */
  step(
    path: string,
    module: nn.Module,
    rows: readonly Operator[],
    forward: nn.Module['forward'],
    x: Tensor<DType>,
  ): Tensor {
    const y = forward.call(module, x);
    const row = rows.find(({ when }) => when === undefined || when(module, x));
    if (row === undefined || (y as Tensor<DType>) === x) return y;
    this.graph.within(path, module.constructor.name, () => checkOpset(this.graph, row, this.graph.module));
    const input = this.valueOf(x);
    this.define(
      y,
      this.graph.within(path, module.constructor.name, () => row.toNodes!(module, input, this.graph)),
    );
    // So that the tape records what follows, even where nothing before it has a gradient.
    if (!y.requiresGrad) y.requiresGrad = true;
    return y;
  }

  /** Follows a module that no operator writes, at once, so that what cannot be written is said to be in it. */
  follow(
    path: string,
    module: nn.Module,
    forward: nn.Module['forward'],
    inputs: readonly Tensor<DType>[],
  ): Tensor {
    return this.graph.within(path, module.constructor.name, () => {
      const y = forward.call(module, ...inputs);
      if (y instanceof Tensor) this.valueOf(y);
      return y;
    });
  }
}

/**
 * Runs `model` on `x` and writes what it does.
 *
 * @throws ArgumentError for a function or a module that cannot be written, and what the model itself throws
 */
export function trace(model: nn.Module, x: Value, graph: GraphBuilder): Value {
  const tracer = new Trace(graph);
  const { sample } = x;
  if (sample.dtype === 'float32') sample.requiresGrad = true;
  tracer.define(sample, x.name);

  const wrapped: [nn.Module, PropertyDescriptor | undefined][] = [];
  try {
    for (const [path, module] of model.namedModules()) {
      const rows = OPERATORS.filter((row) => writes(row, module));
      const { forward } = module;
      wrapped.push([module, Object.getOwnPropertyDescriptor(module, 'forward')]);
      module.forward = (...inputs) =>
        rows.length > 0
          ? tracer.step(path, module, rows, forward, inputs[0]!)
          : tracer.follow(path, module, forward, inputs);
    }
    return enableGrad(() => tracer.valueOf(model.forward(sample)));
  } finally {
    for (const [module, own] of wrapped) {
      if (own !== undefined) Object.defineProperty(module, 'forward', own);
      else delete (module as Partial<nn.Module>).forward;
    }
  }
}
