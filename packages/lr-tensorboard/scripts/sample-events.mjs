/** Writes one of everything to the log directory named on the command line, for check_events.py. Needs `npm run build`. */
import { SummaryWriter } from '@org/lr-tensorboard';

const writer = new SummaryWriter({ logDir: process.argv[2] });
for (let step = 0; step < 100; step++) {
  writer.addScalar('loss', 1 / (step + 1), step, 1.7e9 + step);
  writer.addScalars('lr', { adam: 1e-3 * (1 - step / 100), sgd: 1e-1 * (1 - step / 100) }, step);
  if (step % 25 === 0) {
    writer.addHistogram(
      'weights',
      Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * (step + 1)),
      step,
    );
  }
}
writer.addText('note', '# Title\n**bold** text', 3);
const gradient = (c, y, x) => (c === 0 ? y / 31 : c === 1 ? x / 47 : 0.5);
const data = Float32Array.from({ length: 3 * 32 * 48 }, (_, i) => {
  const [c, y, x] = [Math.floor(i / (32 * 48)), Math.floor(i / 48) % 32, i % 48];
  return gradient(c, y, x);
});
writer.addImage('picture', { data, shape: [3, 32, 48] }, 5);
writer.addHparams(
  { lr: 0.1, optimizer: 'adam', nesterov: true },
  { 'hparam/accuracy': 0.9 },
  { runName: 'trial', hparamDomainDiscrete: { optimizer: ['adam', 'sgd'] } },
);
writer.close();
