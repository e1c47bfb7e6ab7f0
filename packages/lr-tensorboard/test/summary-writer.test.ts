import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SummaryWriter } from '../src/index.ts';
import { tfRecord } from '../src/event-file.ts';
import { dig, eventFiles, masked, recordsOf, scalarsOf, splitRecords } from './read-events.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lr-tensorboard-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true });
});

const onDisk = (): number => recordsOf(dir).length;

describe('framing', () => {
  test('the CRC-32C of RFC 3720, masked', () => {
    // RFC 3720, B.4: 32 bytes of zeros have the CRC 8a9136aa.
    const crc = 0x8a9136aan;
    expect(masked(new Uint8Array(32))).toBe(
      Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn),
    );
  });

  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (messages) => {
        const records = splitRecords(Buffer.concat(messages.map(tfRecord)));
        expect(records.map((record) => [...record.subarray(12, -4)])).toEqual(
          messages.map((bytes) => [...bytes]),
        );
      }),
    );
  });
});

describe('files', () => {
  test('are named as TensorBoard names them, one for each writer', () => {
    const writers = [0, 1].map(() => new SummaryWriter({ logDir: dir, filenameSuffix: '.v2' }));
    for (const writer of writers) writer.close();
    const names = writers.map((writer) => basename(writer.path));
    expect(new Set(names).size).toBe(2);
    const pattern = `^events\\.out\\.tfevents\\.\\d{10}\\.${hostname()}\\.${process.pid}\\.\\d+\\.v2$`;
    for (const name of names) expect(name).toMatch(new RegExp(pattern));
  });

  test('the default log directory is runs/<date>_<host><comment>', () => {
    const before = process.cwd();
    process.chdir(dir);
    try {
      const writer = new SummaryWriter({ comment: '-x' });
      writer.close();
      expect(writer.logDir).toMatch(
        new RegExp(`^runs/[A-Z][a-z]{2}\\d\\d_\\d\\d-\\d\\d-\\d\\d_${hostname()}-x$`),
      );
      expect(existsSync(writer.path)).toBe(true);
    } finally {
      process.chdir(before);
    }
  });

  test('another file of the same name is never overwritten', () => {
    vi.useFakeTimers({ now: 1.7e12, toFake: ['Date'] });
    const first = new SummaryWriter({ logDir: dir });
    first.close();
    const uid = Number(first.path.split('.').at(-1));
    const next = `${first.path.slice(0, -String(uid).length)}${uid + 1}`;
    writeFileSync(next, 'another thread');
    const second = new SummaryWriter({ logDir: dir });
    second.close();
    expect(second.path).toMatch(new RegExp(`\\.${uid + 2}$`));
    expect(readFileSync(next, 'utf8')).toBe('another thread');
  });
});

describe('buffering', () => {
  test('the header is on the disk at once, events after flush, close is final', () => {
    const writer = new SummaryWriter({ logDir: dir });
    expect(onDisk()).toBe(1);
    writer.addScalar('a', 1, 0);
    expect(onDisk()).toBe(1);
    writer.flush();
    expect(onDisk()).toBe(2);
    writer.addScalar('a', 2, 1);
    writer.close();
    expect(scalarsOf(dir)).toEqual([
      { step: 0, tag: 'a', value: 1 },
      { step: 1, tag: 'a', value: 2 },
    ]);
    writer.close();
    expect(() => writer.addScalar('a', 3, 2)).toThrow(`[addScalar] the SummaryWriter of ${dir} is closed`);
    expect(() => writer.flush()).toThrow(/closed/);
    expect(() => writer.addScalars('a', { b: 1 })).toThrow(/closed/);
    expect(() => writer.addHparams({}, {})).toThrow(/closed/);
    expect(onDisk()).toBe(3);
  });

  test('flushSecs pass in an idle process', () => {
    vi.useFakeTimers();
    const writer = new SummaryWriter({ logDir: dir, flushSecs: 5 });
    writer.addScalar('a', 1, 0);
    vi.advanceTimersByTime(4999);
    expect(onDisk()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(onDisk()).toBe(2);
    writer.close();
  });

  test('flushSecs pass in a synchronous loop', () => {
    const writer = new SummaryWriter({ logDir: dir, flushSecs: 0.02 });
    writer.addScalar('a', 0, 0);
    const end = performance.now() + 40;
    while (performance.now() < end);
    writer.addScalar('a', 1, 1);
    expect(onDisk()).toBe(3);
    writer.close();
  });

  test('no more than 64 KiB wait', () => {
    const writer = new SummaryWriter({ logDir: dir });
    for (let i = 0; i < 5000; i++) writer.addScalar('loss', i, i);
    const size = statSync(writer.path).size;
    writer.close();
    expect(statSync(writer.path).size - size).toBeLessThan(65536);
    expect(scalarsOf(dir).length).toBe(5000);
  });

  const inChild = (end: string): number | null => {
    const index = fileURLToPath(new URL('../dist/index.js', import.meta.url));
    const program = `
      import { SummaryWriter } from ${JSON.stringify(index)};
      const writer = new SummaryWriter({ logDir: process.argv[1] });
      writer.addScalar('a', 1, 0); writer.flush(); writer.addScalar('a', 2, 1);
      ${end}`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', program, dir], {
      encoding: 'utf8',
    });
    expect(child.stderr).toBe('');
    return child.status;
  };

  test('a process that is killed keeps what was flushed', () => {
    expect(inChild(`process.kill(process.pid, 'SIGKILL');`)).toBe(null);
    expect(scalarsOf(dir).length).toBe(1);
  });

  test('a process that ends without close keeps everything and is not held up', () => {
    expect(inChild('')).toBe(0);
    expect(scalarsOf(dir).length).toBe(2);
  });
});

describe('images', () => {
  /** Undoes encodePng for filter 0. */
  function pixels(png: Uint8Array, rowBytes: number): number[] {
    const view = Buffer.from(png);
    const data = inflateSync(view.subarray(41, 41 + view.readUInt32BE(33)));
    const out: number[] = [];
    for (let at = 0; at < data.length; at += rowBytes + 1) {
      expect(data[at]).toBe(0);
      out.push(...data.subarray(at + 1, at + 1 + rowBytes));
    }
    return out;
  }

  const write = (...args: Parameters<SummaryWriter['addImage']>): Uint8Array => {
    const writer = new SummaryWriter({ logDir: dir });
    writer.addImage(...args);
    writer.close();
    return dig(recordsOf(dir)[1]!.subarray(12, -4), 5, 1, 4) as Uint8Array;
  };
  const numbers = (image: Uint8Array): number[] => [1, 2, 3].map((field) => Number(dig(image, field)));

  test('float CHW: scaled, clipped, cut to whole numbers', () => {
    const data = Float32Array.of(0, 0.5, 1, 2, -1, 0.25, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7);
    const image = write('x', { data, shape: [3, 2, 2] });
    expect(numbers(image)).toEqual([2, 2, 3]);
    const plane = (c: number, i: number): number =>
      Math.trunc(Math.min(255, Math.max(0, Math.fround(data[c * 4 + i]! * 255))));
    const expected = [0, 1, 2, 3].flatMap((i) => [0, 1, 2].map((c) => plane(c, i)));
    expect(pixels(dig(image, 4) as Uint8Array, 6)).toEqual(expected);
  });

  test('bytes HWC with transparency are taken as they are', () => {
    const data = Uint8Array.from({ length: 24 }, (_, i) => i * 10);
    const image = write('x', { data, shape: [2, 3, 4] }, 0, undefined, { dataformats: 'HWC' });
    expect(numbers(image)).toEqual([2, 3, 4]);
    expect(pixels(dig(image, 4) as Uint8Array, 12)).toEqual([...data]);
  });

  test('WH: one channel becomes three', () => {
    const image = write('x', { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] }, 0, 0, {
      dataformats: 'WH',
    });
    expect(numbers(image)).toEqual([3, 2, 3]);
    expect(pixels(dig(image, 4) as Uint8Array, 6)).toEqual([1, 4, 2, 5, 3, 6].flatMap((v) => [v, v, v]));
  });
});

describe('bad arguments are refused by type and leave no trace', () => {
  const rgb = { data: new Uint8Array(12), shape: [3, 2, 2] };
  const cases: [string, (w: SummaryWriter) => void, string, string][] = [
    [
      'value',
      (w) => w.addScalar('a', '1' as never, 0),
      'ArgumentError',
      '[addScalar] expected value to be a number but received "1"',
    ],
    [
      'tag',
      (w) => w.addScalar('', 1, 0),
      'ArgumentRangeError',
      '[addScalar] expected tag to be a string that is not empty but received ""',
    ],
    [
      'step',
      (w) => w.addScalar('a', 1, 0.5),
      'ArgumentRangeError',
      '[addScalar] expected globalStep to be an integer of 64 bits but received 0.5',
    ],
    [
      'large step',
      (w) => w.addScalar('a', 1, 2n ** 63n),
      'ArgumentRangeError',
      'globalStep to be an integer of 64 bits',
    ],
    [
      'time',
      (w) => w.addScalar('a', 1, 0, 'now' as never),
      'ArgumentError',
      'wallTime to be a number but received "now"',
    ],
    [
      'one of several',
      (w) => w.addScalars('a', { x: 1, y: null as never }),
      'ArgumentError',
      '[addScalars] expected y to be a number but received null',
    ],
    [
      'run outside',
      (w) => w.addScalars('a', { '/../../x': 1 }),
      'ArgumentRangeError',
      'the run to be a folder below logDir',
    ],
    [
      'hparams run outside',
      (w) => w.addHparams({}, {}, { runName: '..' }),
      'ArgumentRangeError',
      'the run to be a folder below logDir',
    ],
    [
      'empty histogram',
      (w) => w.addHistogram('a', []),
      'ArgumentRangeError',
      '[addHistogram] expected values to be at least one number',
    ],
    [
      'histogram of NaN',
      (w) => w.addHistogram('a', [NaN]),
      'ArgumentRangeError',
      'expected values to be in part between',
    ],
    [
      'infinite values in equal bins',
      (w) => w.addHistogram('a', [1, Infinity], 0, 0, { bins: 3 }),
      'ArgumentRangeError',
      'values to be finite',
    ],
    [
      'edges',
      (w) => w.addHistogram('a', [1], 0, 0, { bins: [2, 1] }),
      'ArgumentError',
      'bins to be at least two ascending edges',
    ],
    [
      'bins',
      (w) => w.addHistogram('a', [1], 0, 0, { bins: 'auto' as never }),
      'ArgumentError',
      "bins to be 'tensorflow', a number or an array of edges",
    ],
    [
      'text',
      (w) => w.addText('a', 1 as never),
      'ArgumentError',
      '[addText] expected text to be a string but received 1',
    ],
    [
      'no image',
      (w) => w.addImage('a', null as never),
      'ArgumentError',
      '[addImage] expected image.data to be a typed array',
    ],
    [
      'channels',
      (w) => w.addImage('a', { data: new Uint8Array(8), shape: [2, 2, 2] }),
      'ShapeError',
      '[addImage] expected channels to be 1, 3 or 4 but received 2',
    ],
    [
      'image shape',
      (w) => w.addImage('a', { ...rgb, shape: [3, 2, 3] }),
      'ShapeError',
      'image.shape to be CHW of the 12 values in data but received [3, 2, 3]',
    ],
    [
      'formats',
      (w) => w.addImage('a', rgb, 0, 0, { dataformats: 'CHH' }),
      'ArgumentError',
      "dataformats to be an order of 'CHW' or of 'HW' but received \"CHH\"",
    ],
    [
      'hparam',
      (w) => w.addHparams({ a: [] as never }, {}),
      'ArgumentError',
      '[addHparams] expected hparams["a"] to be a number, a string, a boolean or null but received []',
    ],
    [
      'domain',
      (w) => w.addHparams({ a: 1 }, {}, { hparamDomainDiscrete: { a: ['x'] } }),
      'ArgumentError',
      'hparamDomainDiscrete["a"] to be an array of number values',
    ],
    [
      'metric',
      (w) => w.addHparams({}, { a: 'x' as never }),
      'ArgumentError',
      'metrics["a"] to be a number but received "x"',
    ],
  ];
  test.each(cases)('%s', (_, call, name, text) => {
    const writer = new SummaryWriter({ logDir: join(dir, 'log') });
    expect(() => call(writer)).toThrow(
      expect.objectContaining({ name, message: expect.stringContaining(text) }),
    );
    writer.close();
    expect(recordsOf(writer.logDir).length).toBe(1);
    expect(eventFiles(dir)).toEqual([]);
  });

  test.each([
    [{ logDir: 1 }, '[SummaryWriter] expected logDir to be a string but received 1'],
    [{ flushSecs: -1 }, 'expected flushSecs to be a number >= 0 but received -1'],
    [{ flushSecs: NaN }, 'expected flushSecs to be a number >= 0 but received NaN'],
    [{ filenameSuffix: '/x' }, 'expected filenameSuffix to be part of a file name but received "/x"'],
    [{ purgeStep: 0.5 }, 'expected globalStep to be an integer of 64 bits but received 0.5'],
  ])('constructor: %j', (options, text) => {
    expect(() => new SummaryWriter({ logDir: dir, ...options } as never)).toThrow(text);
    expect(eventFiles(dir)).toEqual([]);
  });
});
