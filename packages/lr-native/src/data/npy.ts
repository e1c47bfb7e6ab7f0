/**
 * NumPy's .npy format, versions 1 to 3: a magic string, a header that is a Python dictionary of descr, fortran_order and
 * shape, the elements. Arrays of Python objects, which NumPy pickles, are never read. Such files are hostile input:
 * every length is checked before it is used. What NumPy's types become is in elements.ts.
 */
import { checkType } from '@org/lr-core';
import { hostOf } from '../device-array.ts';
import { bytesOf, sizeOf } from '../dtype.ts';
import type { ArrayOf, DType } from '../dtype.ts';
import { FileError, checkFile, readWholeFile, writeFileAtomic } from '../file.ts';
import { Tensor } from '../tensor.ts';
import { ELEMENTS, readElements } from './elements.ts';
import type { ElementName } from './elements.ts';

/** What `npyBytes` writes for each element type. */
const DESCR: Record<DType, string> = {
  float32: '<f4',
  float64: '<f8',
  int32: '<i4',
  int64: '<i8',
  uint8: '|u1',
  bool: '|b1',
};

const MAGIC = '\x93NUMPY';
const MAX_HEADER_BYTES = 65536;

/**
 * The tensor of a .npy file. bool becomes uint8; int8, int16 and uint16 become int32; uint32 becomes int64. An array in
 * Fortran's order is read into C's.
 *
 * @throws FileError unless the file holds exactly what its header says, of a type that is read
 */
export function loadNpy(path: string): Tensor<DType> {
  return parseNpy(readWholeFile('loadNpy', path), path);
}

/**
 * As `loadNpy`, of bytes in memory. `name` stands for the file in errors.
 *
 * @throws FileError
 */
export function parseNpy(bytes: Uint8Array, name = 'the data'): Tensor<DType> {
  const op = 'loadNpy';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1');
  checkFile(magic === MAGIC, op, name, 'begin with "\\x93NUMPY"', JSON.stringify(magic));
  checkFile(bytes.length >= 12, op, name, 'hold a header', `${bytes.length} bytes`);
  const version = bytes[6]!;
  checkFile(version >= 1 && version <= 3, op, name, 'be of version 1, 2 or 3', `version ${version}`);
  const headerStart = version === 1 ? 10 : 12;
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const most = `have a header of at most ${MAX_HEADER_BYTES} bytes`;
  checkFile(headerBytes <= MAX_HEADER_BYTES, op, name, most, `${headerBytes} bytes`);
  const start = headerStart + headerBytes;
  checkFile(
    start <= bytes.length,
    op,
    name,
    `hold a header of ${headerBytes} bytes`,
    `${bytes.length} bytes in all`,
  );
  const header = Buffer.from(bytes.subarray(headerStart, start)).toString(version === 3 ? 'utf8' : 'latin1');
  const { descr, fortranOrder, shape } = parseHeader(op, name, header);

  const type = descr.slice(1) as ElementName;
  const readable = Object.hasOwn(ELEMENTS, type);
  checkFile(readable, op, name, `have a descr of ${Object.keys(ELEMENTS).join(', ')}`, JSON.stringify(descr));
  const total = start + sizeOf(shape) * ELEMENTS[type].array.BYTES_PER_ELEMENT;
  const holds = `hold ${total} bytes, as its header says (shape (${shape.join(', ')}), descr ${descr})`;
  checkFile(bytes.length === total, op, name, holds, `${bytes.length}`);
  const elements = readElements(bytes.subarray(start), type, descr[0] !== '>');
  return new Tensor<DType>(fortranOrder ? fromFortranOrder(elements, shape) : elements, shape);
}

interface Header {
  descr: string;
  fortranOrder: boolean;
  shape: number[];
}

/** Exactly what NumPy writes: these three keys, in any order, and nothing that would need a Python parser. */
function parseHeader(op: string, name: string, header: string): Header {
  const expectation = "have the header {'descr': '…', 'fortran_order': False, 'shape': (…)}";
  const refuse = (): never => {
    throw new FileError(op, name, expectation, JSON.stringify(header.trim().slice(0, 120)));
  };
  const dictionary = /^\{([^{}]*)\}\s*$/.exec(header)?.[1] ?? refuse();
  const found = new Map<string, string>();
  let rest = dictionary.trim();
  while (rest !== '') {
    const entry =
      /^'(descr|fortran_order|shape)'\s*:\s*('[^'\\]*'|True|False|\([0-9,\s]*\))\s*(?:,\s*|$)/.exec(rest);
    if (entry === null || found.has(entry[1]!)) return refuse();
    found.set(entry[1]!, entry[2]!);
    rest = rest.slice(entry[0].length);
  }
  const descr = /^'([<>|=][a-zA-Z]\d*)'$/.exec(found.get('descr') ?? '')?.[1] ?? refuse();
  const order = found.get('fortran_order');
  if (order !== 'True' && order !== 'False') return refuse();
  const dims = /^\(\s*((?:\d+\s*,\s*)*(?:\d+\s*)?)\)$/.exec(found.get('shape') ?? '')?.[1] ?? refuse();
  const shape = dims === '' ? [] : dims.replace(/,\s*$/, '').split(',').map(Number);
  // A tuple of one has a comma in Python: "(3)" is a number.
  if (shape.length === 1 && !dims.includes(',')) return refuse();
  if (shape.length > 32 || !shape.every(Number.isSafeInteger)) return refuse();
  return { descr, fortranOrder: order === 'True', shape };
}

/** Elements whose first index varies fastest, as ones whose last does. */
function fromFortranOrder<A extends ArrayOf[DType]>(elements: A, shape: readonly number[]): A {
  const out = elements.slice() as A;
  const index = new Array<number>(shape.length).fill(0);
  for (let from = 0; from < elements.length; from++) {
    let to = 0;
    for (let dim = 0; dim < shape.length; dim++) to = to * shape[dim]! + index[dim]!;
    out[to] = elements[from]!;
    for (let dim = 0; dim < shape.length && ++index[dim]! === shape[dim]; dim++) index[dim] = 0;
  }
  return out;
}

/** A tensor as the bytes that numpy.save writes. */
export function npyBytes(tensor: Tensor<DType>): Uint8Array {
  checkType(tensor instanceof Tensor, 'saveNpy', 'tensor', 'a Tensor', tensor);
  const { shape } = tensor;
  const data = hostOf(tensor.data);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${DESCR[tensor.dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // NumPy keeps room for the first dimension to grow to 21 digits, and ends the header at a multiple of 64.
  const growth = shape.length === 0 ? 0 : 21 - String(shape[0]).length;
  const length = Math.ceil((10 + text.length + growth + 1) / 64) * 64;
  const bytes = Buffer.alloc(length + data.byteLength, ' ');
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt16LE(1, 6); // version 1.0
  bytes.writeUInt16LE(length - 10, 8);
  bytes.write(text, 10, 'latin1');
  bytes[length - 1] = 0x0a;
  bytes.set(bytesOf(data), length);
  return bytes;
}

/** Writes a tensor as a .npy file that is whole or not there, byte for byte as numpy.save does. */
export function saveNpy(path: string, tensor: Tensor<DType>): void {
  writeFileAtomic(path, [npyBytes(tensor)]);
}
