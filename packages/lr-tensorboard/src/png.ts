/** An encoder of 8-bit PNG images (ISO/IEC 15948): one IDAT chunk, no filter. */
import { deflateSync } from 'node:zlib';
import crc32 from 'crc-32';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Channels to PNG colour type. */
const COLOUR_TYPE = { 1: 0, 3: 2, 4: 6 } as const;

export type Channels = keyof typeof COLOUR_TYPE;

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeInt32BE(crc32.buf(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}

/** pixels (height, width, channels) */
export function encodePng(pixels: Uint8Array, height: number, width: number, channels: Channels): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = COLOUR_TYPE[channels];

  const rowBytes = width * channels;
  const rows = Buffer.alloc(height * (rowBytes + 1));
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}
