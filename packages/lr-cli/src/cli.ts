/**
 * The command `lr`: its verbs and options, and what exit code each end has. A verb's work is commands/<verb>.ts, loaded
 * only when it is asked for, so that `lr doctor` and `lr --help` run where the addon does not load.
 */
import { createRequire } from 'node:module';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { DEVICE } from './config.ts';
import { exitCode, Interrupted, UsageError } from './errors.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** The parser of an option that is an integer of at least `min`. */
const integer =
  (min: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`Expected an integer >= ${min}.`);
    }
    return value;
  };

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Expected a positive number.');
  return value;
};

/** `0.5` or `0.5,0.4,0.4`. */
const numbers = (text: string): number[] => {
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (!values.every(Number.isFinite))
    throw new InvalidArgumentError('Expected numbers with commas between them.');
  return values;
};

const device = (text: string): string => {
  if (!DEVICE.test(text)) throw new InvalidArgumentError('Expected cpu, cuda or cuda:N.');
  return text;
};

const threads = (): Option => new Option('--threads <n>', 'threads to compute with').argParser(integer(1));
const json = (): Option => new Option('--json', 'one JSON object a line on stdout, and nothing else there');

const program = new Command('lr')
  .description("Train, export and check models with PyTorch's semantics.")
  .version(version)
  .showHelpAfterError('(lr --help or lr <command> --help says what there is)')
  .exitOverride();

program
  .command('train')
  .description('train the model of a config, export it to ONNX and check the export with onnxruntime')
  .argument('<config>', 'CONFIG.json')
  .option('--epochs <n>', "epochs, in place of the config's", integer(1))
  .option('--device <name>', "cpu, cuda or cuda:N, in place of the config's", device)
  .addOption(threads())
  .option('--seed <n>', "seed, in place of the config's", integer(0))
  .option('--log-dir <dir>', 'where TensorBoard event files go (default: runs/<config>-<time>)')
  .option('--checkpoint-dir <dir>', 'where checkpoints go (default: checkpoints/<config>)')
  .option('--resume', 'go on from the newest checkpoint; start afresh where there is none')
  .option(
    '--no-compile',
    'take each step operation by operation, in place of one recorded program; the same bits',
  )
  .option('--skip-nonfinite', 'leave out steps whose loss is NaN or infinite instead of stopping')
  .option('--output <file>', 'the exported model', 'model.onnx')
  .option('--weights <file>', 'write the weights too, as safetensors')
  .addOption(json())
  .option('--quiet', 'print errors only')
  .action(async (config, options) => (await import('./commands/train.ts')).train(config, options));

program
  .command('infer')
  .description('run an ONNX model over data: predictions, and the accuracy where there are labels')
  .argument('<model>', 'MODEL.onnx')
  .requiredOption('--data <path>', 'a folder with idx files, or an .npy, .npz or idx file')
  .option(
    '--mean <numbers>',
    'subtracted from images scaled to [0, 1]: one number, or one for each channel: 0.5,0.4,0.4',
    numbers,
  )
  .option('--std <numbers>', 'what they are divided by then', numbers)
  .option('--batch-size <n>', 'examples a run', integer(1), 256)
  .option('--limit <n>', 'the first n examples only', integer(1))
  .addOption(threads())
  .addOption(json())
  .action(async (model, options) => (await import('./commands/infer.ts')).infer(model, options));

program
  .command('plot')
  .description('draw the learning rates of a schedule')
  .argument('<schedule>', `CONFIG.json, or a scheduler such as 'StepLR{"stepSize":5}'`)
  .option('--steps <n>', 'how many steps (or epochs) to draw', integer(1))
  .option('--lr <number>', "the optimizer's learning rate (default: the config's, or 0.1)", positive)
  .option('--log', 'a logarithmic axis')
  .option('--out <file>', 'write plot.svg, plot.png or plot.html instead of drawing in the terminal')
  .action(async (schedule, options) => (await import('./commands/plot.ts')).plot(schedule, options));

program
  .command('export')
  .description('export weights to ONNX, checked with onnxruntime')
  .argument('<weights>', 'WEIGHTS.safetensors, of lr train --weights or a checkpoint')
  .requiredOption('--config <file>', 'the config that they were trained with')
  .option('--output <file>', 'the exported model', 'model.onnx')
  .addOption(json())
  .action(async (weights, options) => (await import('./commands/export.ts')).exportWeights(weights, options));

program
  .command('find-lr')
  .description('try growing learning rates and say where the loss falls fastest')
  .argument('<config>', 'CONFIG.json')
  .option('--from <number>', 'the first rate', positive, 1e-6)
  .option('--to <number>', 'the last rate', positive, 1)
  .option('--steps <n>', 'how many steps', integer(10), 100)
  .addOption(json())
  .action(async (config, options) => (await import('./commands/find-lr.ts')).findLr(config, options));

program
  .command('bench')
  .description('time training, inference and optimizer steps on this machine')
  .option('--seconds <n>', 'for each row', positive, 2)
  .addOption(threads())
  .addOption(json())
  .action(async (options) => (await import('./commands/bench.ts')).bench(options));

program
  .command('doctor')
  .description('say what this machine has for lr, and what to do about what is missing')
  .addOption(json())
  .action(async (options) => (await import('./commands/doctor.ts')).doctor(options));

/** Prints the error, and gives the exit code. */
function fail(error: unknown): number {
  // Commander has printed its own message; help and version that were asked for are no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const code = exitCode(error);
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof Interrupted) process.stderr.write(`${text}\n`);
  else {
    // A config's mistakes are a line each.
    const lines = error instanceof UsageError ? text.split('\n') : [text];
    for (const line of lines) process.stderr.write(`${pc.red('error:')} ${line}\n`);
    const stack = error instanceof Error ? error.stack : undefined;
    if (process.env.LR_DEBUG !== undefined && stack !== undefined) process.stderr.write(`${stack}\n`);
  }
  return code;
}

let stdoutFailed = false;
// A reader that has seen enough (`lr train … --json | head -1`) ends the command without a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  // What is printed may be lost; what is computed may not.
  if (stdoutFailed) return;
  stdoutFailed = true;
  process.stderr.write(`warning: stdout cannot be written: ${error.message}\n`);
});
process.stderr.on('error', () => {});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = fail(error);
}
