/** Parameter groups whose learning rates fall from layer to layer. */
import { checkAtLeast, checkRange, checkType } from './check.ts';
import { pow } from './exact-math.ts';
import type { NamedParameter, ParamGroupInput } from './optimizer.ts';
import type { Parameter } from './param.ts';

/** Options of all groups beside `lr` and `decay`, for instance `weightDecay`. */
export type LayerwiseOptions = Record<string, unknown> & {
  /** Learning rate of the last layer. */
  lr: number;
  /** What the learning rate is multiplied by from a layer to the one before, in (0, 1]. */
  decay: number;
};

/**
 * Groups for fine-tuning: the last layer gets `lr`, each one before it `decay` times the next one's
 * (Clark et al. 2020, "ELECTRA").
 *
 * ```ts
 * const [embedding, block, head] = [[new Param([1, 2])], [new Param([3]), new Param([4])], [new Param([5])]];
 * const groups = layerwiseLrDecay([embedding, block, head], { lr: 1e-4, decay: 0.9, weightDecay: 0.01 });
 * const optimizer = new AdamW(groups);
 * ```
 *
 * @param layers from input to output, the parameters of each
 * @throws ArgumentError, ArgumentRangeError
 */
export function layerwiseLrDecay(
  layers: Iterable<Iterable<Parameter> | Iterable<NamedParameter>>,
  options: LayerwiseOptions,
): ParamGroupInput[] {
  const op = 'layerwiseLrDecay';
  const iterable = typeof layers === 'object' && layers !== null && Symbol.iterator in layers;
  checkType(iterable, op, 'layers', 'a list of lists of parameters', layers);
  const { lr, decay, ...rest } = options;
  checkAtLeast(op, 'lr', lr, 0);
  checkAtLeast(op, 'decay', decay, 0);
  checkRange(decay > 0 && decay <= 1, op, 'decay', 'a number in (0, 1]', decay);
  const list = [...layers];
  return list.map((params, i) => ({ ...rest, params, lr: lr * pow(decay, list.length - 1 - i) }));
}
