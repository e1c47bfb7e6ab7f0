/**
 * `lr find-lr`: the learning-rate range test. The rate grows by the same factor each step until the loss explodes; a good
 * rate is where the loss falls fastest. Source: Smith, Cyclical Learning Rates for Training Neural Networks (2017), §3.3.
 */
import { exactMath } from '@org/lr-core';
import { loadConfig } from '../config.ts';
import { openData } from '../data.ts';
import { Output } from '../output.ts';
import { label } from '../plot/axes.ts';
import { turn } from '../signals.ts';
import { Trainer } from '../trainer.ts';

export interface FindLrOptions {
  from: number;
  to: number;
  steps: number;
  json?: boolean;
}

interface Point {
  lr: number;
  /** The average of the losses so far, the last ones counting most. */
  loss: number;
}

/** How much of the average is kept each step. */
const SMOOTHING = 0.9;
/** The test ends where the loss is this many times the lowest. */
const EXPLODED = 4;

/** The rate where the loss falls fastest over the logarithm of the rate; undefined where it does not fall. */
export function steepest(points: readonly Point[]): number | undefined {
  let best: number | undefined;
  let fall = 0;
  for (let i = 1; i < points.length - 1; i++) {
    // Rates grow by one factor, so the difference of the losses is the slope.
    const slope = points[i + 1]!.loss - points[i - 1]!.loss;
    if (slope < fall) {
      fall = slope;
      best = points[i]!.lr;
    }
  }
  return best;
}

export async function findLr(file: string, options: FindLrOptions): Promise<void> {
  const { from, to, steps } = options;
  const config = loadConfig(file);
  const output = new Output(options);
  const trainer = new Trainer({ ...config, schedulers: [] }, openData(config.data, config.batchSize));
  const bar = output.progress('find-lr', steps);
  const points: Point[] = [];
  let average = 0;
  let lowest = Infinity;
  try {
    search: while (points.length < steps) {
      for (const batch of trainer.data.loader) {
        const lr = from * exactMath.pow(to / from, points.length / Math.max(1, steps - 1));
        for (const group of trainer.optimizer.paramGroups) group.lr = lr;
        average = SMOOTHING * average + (1 - SMOOTHING) * trainer.step(batch);
        const loss = average / (1 - exactMath.pow(SMOOTHING, points.length + 1));
        points.push({ lr, loss });
        output.event('step', { lr, loss });
        bar.update(points.length, `lr ${label(lr)}  loss ${loss.toFixed(4)}`);
        lowest = Math.min(lowest, loss);
        if (points.length >= steps || loss > EXPLODED * lowest) break search;
        await turn();
      }
    }
  } catch (error) {
    // A loss that is not finite ends the test as one that explodes does.
    if (points.length === 0 || !/^the loss is/.test((error as Error).message)) throw error;
  } finally {
    bar.stop();
  }
  const suggestion = steepest(points);
  output.event('done', { suggestion, steps: points.length });
  const tried = `${points.length} steps from ${label(from)} to ${label(points.at(-1)!.lr)}, lowest loss ${lowest.toFixed(4)}`;
  output.say(
    suggestion === undefined
      ? `the loss did not fall in ${tried}: look at the model and the data, or give a lower --from`
      : `try "lr": ${label(suggestion)}, where the loss falls fastest; ${tried}`,
  );
}
