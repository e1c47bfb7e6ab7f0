/** The three summaries that TensorBoard's hparams plugin reads a run from, as torch.utils.tensorboard writes them. */
import { ArgumentError, checkType, message } from '@org/lr-core';
import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { DataType, HParamsPluginDataSchema, Status } from './proto/hparams_pb.ts';
import type { SummarySchema } from './proto/tensorboard_pb.ts';

export type HparamValue = number | string | boolean | null;

export interface HparamsOptions {
  /** The run's folder below the log directory. Default: the time in seconds. */
  runName?: string;
  /** Default 0. */
  globalStep?: number | bigint;
  /** For each named hyper-parameter all the values it can take. */
  hparamDomainDiscrete?: Record<string, readonly (number | string | boolean)[]>;
}

type SummaryInit = MessageInitShape<typeof SummarySchema>;
type PluginData = NonNullable<MessageInitShape<typeof HParamsPluginDataSchema>['data']>;

const OP = 'addHparams';
const DATA_TYPE = {
  number: DataType.FLOAT64,
  string: DataType.STRING,
  boolean: DataType.BOOL,
} as const;

function protoValue(
  name: string,
  value: unknown,
): {
  kind:
    | { case: 'numberValue'; value: number }
    | { case: 'stringValue'; value: string }
    | { case: 'boolValue'; value: boolean };
} {
  if (typeof value === 'number') return { kind: { case: 'numberValue', value } };
  if (typeof value === 'string') return { kind: { case: 'stringValue', value } };
  if (typeof value === 'boolean') return { kind: { case: 'boolValue', value } };
  throw new ArgumentError(message(OP, name, 'a number, a string, a boolean or null', value));
}

function summary(tag: string, data: PluginData): SummaryInit {
  const content = toBinary(HParamsPluginDataSchema, create(HParamsPluginDataSchema, { data }));
  return { value: [{ tag, metadata: { pluginData: { pluginName: 'hparams', content } } }] };
}

/**
 * Experiment, session start, session end. A null hyper-parameter is left out. Booleans are written as booleans, where
 * PyTorch writes 0 and 1.
 * @throws ArgumentError for a value of another type, or a domain whose values are not of the hyper-parameter's type
 */
export function makeHparams(
  hparams: Record<string, HparamValue>,
  metrics: Record<string, unknown>,
  domains: HparamsOptions['hparamDomainDiscrete'] = {},
): SummaryInit[] {
  for (const [name, domain] of Object.entries(domains)) {
    const type = typeof hparams[name];
    const fits =
      Object.hasOwn(hparams, name) && Array.isArray(domain) && domain.every((item) => typeof item === type);
    checkType(
      fits,
      OP,
      `hparamDomainDiscrete[${JSON.stringify(name)}]`,
      `an array of ${type} values`,
      domain,
    );
  }
  const given = Object.entries(hparams).filter(([, value]) => value !== null && value !== undefined);
  const values = given.map(
    ([name, value]) => [name, protoValue(`hparams[${JSON.stringify(name)}]`, value)] as const,
  );
  return [
    summary('_hparams_/experiment', {
      case: 'experiment',
      value: {
        hparamInfos: given.map(([name, value]) => ({
          name,
          type: DATA_TYPE[typeof value as keyof typeof DATA_TYPE],
          domain: Object.hasOwn(domains, name)
            ? {
                case: 'domainDiscrete',
                value: { values: domains[name]!.map((item) => protoValue(name, item)) },
              }
            : { case: undefined },
        })),
        metricInfos: Object.keys(metrics).map((tag) => ({ name: { tag } })),
      },
    }),
    summary('_hparams_/session_start_info', {
      case: 'sessionStartInfo',
      value: { hparams: Object.fromEntries(values) },
    }),
    summary('_hparams_/session_end_info', { case: 'sessionEndInfo', value: { status: Status.SUCCESS } }),
  ];
}
