/** `lr plot`: the learning rates of a config's schedulers, or of one scheduler given in short, as a drawing. */
import { extname } from 'node:path';
import { loadConfig, parseJson, parseScheduler } from '../config.ts';
import type { Entry } from '../config-fields.ts';
import { UsageError } from '../errors.ts';
import { curve, unitOf, type Curve } from '../plot/curve.ts';
import { html, svg } from '../plot/svg.ts';
import { terminalPlot } from '../plot/terminal.ts';

export interface PlotOptions {
  steps?: number;
  lr?: number;
  log?: boolean;
  out?: string;
}

/** Where neither the command line nor a config says how long. */
const DEFAULT_LENGTH = 100;
const DEFAULT_LR = 0.1;

/** `StepLR{"stepSize":5}` as the scheduler of a config, or undefined where the text is not of that form. */
function shorthand(text: string): Entry | undefined {
  const [, type, options = ''] = /^([A-Za-z]\w*)\s*(\{.*\})?$/s.exec(text) ?? [];
  if (type === undefined) return undefined;
  try {
    const json = options === '' ? {} : (parseJson(options) as object);
    return parseScheduler({ ...json, type });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      error.message
        .split('\n')
        .map((line) => `${type}: ${line}`)
        .join('\n'),
    );
  }
}

function shorthandCurve(text: string, scheduler: Entry, { steps, lr = DEFAULT_LR }: PlotOptions): Curve {
  const { totalSteps, epochs, stepsPerEpoch } = scheduler as { [option: string]: number | undefined } & Entry;
  const whole =
    totalSteps ?? (epochs !== undefined && stepsPerEpoch !== undefined ? epochs * stepsPerEpoch : undefined);
  // Some schedulers cycle momentum, so the optimizer has one.
  const optimizer = { type: 'SGD', lr, momentum: 0.9 };
  const length = steps ?? whole ?? DEFAULT_LENGTH;
  return curve({
    title: text,
    optimizer,
    schedulers: [{ ...scheduler, interval: 'step' }],
    length,
    stepsPerEpoch: 1,
  });
}

async function configCurve(file: string, { steps, lr }: PlotOptions): Promise<Curve> {
  const config = loadConfig(file);
  const { schedulers, epochs, batchSize } = config;
  const optimizer = lr === undefined ? config.optimizer : { ...config.optimizer, lr };
  const title = `${file}: ${schedulers.map(({ type }) => type).join(' + ') || 'no scheduler'}`;
  if (unitOf(schedulers) === 'epoch') {
    return curve({ title, optimizer, schedulers, length: steps ?? epochs, stepsPerEpoch: 1 });
  }
  const { openData } = await import('../data.ts');
  const stepsPerEpoch = openData(config.data, batchSize).stepsPerEpoch;
  return curve({ title, optimizer, schedulers, length: steps ?? epochs * stepsPerEpoch, stepsPerEpoch });
}

/** @throws UsageError for a schedule, a config or a file name that it cannot draw */
export async function plot(schedule: string, options: PlotOptions): Promise<void> {
  const { out, log = false } = options;
  const draw = out === undefined ? undefined : drawing(out);
  const scheduler = shorthand(schedule);
  const drawn =
    scheduler === undefined
      ? await configCurve(schedule, options)
      : shorthandCurve(schedule, scheduler, options);
  if (out !== undefined && draw !== undefined) {
    const { writeFile } = await import('../write.ts');
    writeFile(out, await draw(drawn, { log }));
    process.stdout.write(`wrote ${out}: ${drawn.rates.length} ${drawn.unit}s\n`);
    return;
  }
  const { columns = 80, rows = 24 } = process.stdout;
  process.stdout.write(
    `${terminalPlot(drawn, { columns: Math.min(columns, 120), rows: Math.min(rows, 20), log })}\n`,
  );
}

/** A drawing as the content of a file. */
type Draw = (curve: Curve, options: { log: boolean }) => string | Promise<Uint8Array>;

/** What draws a file of this name. @throws UsageError for a name that says no format */
function drawing(out: string): Draw {
  const extension = extname(out).toLowerCase();
  if (extension === '.svg') return svg;
  if (extension === '.html') return html;
  if (extension === '.png') {
    return async (curve, options) => (await import('../plot/png.ts')).png(svg(curve, options));
  }
  throw new UsageError(
    `--out: expected a file that ends in .svg, .html or .png but received ${JSON.stringify(out)}`,
  );
}
