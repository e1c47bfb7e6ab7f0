/** The model and the loss of a config, made by the constructors whose names and options it gives, and a trial of both. */
import { nn, noGrad, tensor, type DType, type Tensor } from '@org/lr-native';
import type { Entry } from './config-fields.ts';
import { MODULE_ARGUMENTS, TENSOR_OPTIONS } from './config-types.ts';
import { at, UsageError } from './errors.ts';

type Module = nn.Module;
type Constructor = new (...args: unknown[]) => Module;

/** @throws UsageError for a type that this version of @org/lr-native does not have */
function constructorOf(type: string): Constructor {
  const constructor = (nn as unknown as Record<string, Constructor | undefined>)[type];
  if (constructor === undefined) throw new UsageError(`this version of @org/lr-native has no nn.${type}`);
  return constructor;
}

function buildModule({ type, ...given }: Entry): Module {
  if (type === 'Sequential') return new nn.Sequential(...buildModules(given.modules as Entry[], 'modules'));
  const names = MODULE_ARGUMENTS[type] ?? [];
  const options = Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)));
  return new (constructorOf(type))(...names.map((name) => given[name]), options);
}

function buildModules(entries: readonly Entry[], path: string): Module[] {
  return entries.map((entry, index) => at(`${path}[${index}]`, () => buildModule(entry)));
}

/** @throws UsageError that names the module whose constructor refuses an option */
export function buildModel(entries: readonly Entry[]): nn.Sequential {
  return new nn.Sequential(...buildModules(entries, 'model'));
}

/** @throws UsageError that names `loss` where its constructor refuses an option */
export function buildLoss({ type, ...given }: Entry): Module {
  const options = Object.entries(given).map(([name, value]) => [
    name,
    TENSOR_OPTIONS.includes(name) ? tensor(value as number[]) : value,
  ]);
  return at('loss', () => new (constructorOf(type))(Object.fromEntries(options)));
}

/**
 * Runs one batch through the model, module by module, and the loss, so that what does not fit is said before training.
 * @returns the model's output
 * @throws UsageError that names the module, or `loss`
 */
export function trial(model: nn.Sequential, loss: Module, x: Tensor, target: Tensor<DType>): Tensor {
  model.eval();
  const output = noGrad(() => {
    const output = [...model.children()].reduce(
      (input, module, index) =>
        at(`model[${index}] (${module.constructor.name})`, () => module.forward(input)),
      x,
    );
    at(`loss (${loss.constructor.name})`, () => loss.forward(output, target));
    return output;
  });
  model.train();
  return output;
}
