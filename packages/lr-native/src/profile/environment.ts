/**
 * LR_PROFILE in the environment: the main thread is profiled from here on, and when the process exits the table goes to
 * standard error, and the trace to the file that LR_PROFILE names unless it is 1.
 */
import { addon } from '../addon.ts';
import { workerThreads } from '../builtins.ts';
import { summarize, writeTrace } from './profile.ts';

const wanted = process.env.LR_PROFILE ?? '';

if (wanted !== '' && wanted !== '0' && workerThreads().isMainThread) {
  const file = wanted === '1' ? null : wanted;
  const running = addon.beginProfile(file === null ? 0 : 1);
  process.once('exit', () => {
    const summary = summarize(addon.endProfile(running), false);
    process.stderr.write(`${summary.table()}\n`);
    if (file !== null) writeTrace(file, summary.trace());
  });
}
