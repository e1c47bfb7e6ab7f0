/**
 * A walk over the bytes of a model before anything is made of them. What passes can be decoded in bounded memory, and
 * no two protobuf parsers disagree about it: every length lies within its message, every known field has its wire type
 * and, where it is not repeated, appears once; there are no groups.
 */
import { ScalarType } from '@bufbuild/protobuf';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { fileError } from './source.ts';
import type { Source } from './source.ts';

/** Graphs in graphs in graphs; ONNX models in use have a handful of levels. */
const MAX_DEPTH = 64;

// What a decoded item takes, about, in bytes; a file may ask for twice its size and what a small model needs.
const MESSAGE_COST = 400;
const ITEM_COST = 32;
const FREE_COST = 1 << 24;
const COST_PER_BYTE = 2;

function wireTypeOf(scalar: ScalarType | undefined): WireType {
  switch (scalar) {
    case ScalarType.FLOAT:
      return WireType.Bit32;
    case ScalarType.DOUBLE:
      return WireType.Bit64;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    default:
      return WireType.Varint;
  }
}

/** @throws FileError unless `bytes` are one message of `schema` */
export function scan(source: Source, schema: DescMessage, bytes: Uint8Array): void {
  let at = 0;
  let cost = 0;

  const fail = (found: string): never => {
    throw fileError(source, 'be an ONNX model', found);
  };
  const spend = (amount: number): void => {
    cost += amount;
    if (cost > FREE_COST + COST_PER_BYTE * bytes.length)
      fail(`more parts than a file of ${bytes.length} bytes can mean`);
  };
  const skipVarint = (end: number): void => {
    const start = at;
    while (at < end && bytes[at]! > 127) at++;
    if (++at > end || at - start > 10) fail(`a number without end at byte ${start}`);
  };
  const readUint32 = (end: number): number => {
    const start = at;
    skipVarint(end);
    let value = 0;
    for (let i = at - 1; i >= start; i--) value = value * 128 + (bytes[i]! & 127);
    if (value > 0xffffffff) fail(`the number ${value} at byte ${start}`);
    return value;
  };
  const skip = (count: number, end: number): void => {
    if (count > end - at) fail(`a length of ${count} at byte ${at}, where ${end - at} remain`);
    at += count;
  };

  /** A packed list of numbers that ends at `end`. */
  const packed = (wireType: WireType, end: number): void => {
    if (wireType === WireType.Varint) {
      for (; at < end; spend(ITEM_COST)) skipVarint(end);
      return;
    }
    const size = wireType === WireType.Bit32 ? 4 : 8;
    if ((end - at) % size !== 0) fail(`a list of ${end - at} bytes at byte ${at} that is not whole`);
    spend(((end - at) / size) * ITEM_COST);
    at = end;
  };

  const value = (field: DescField | undefined, wireType: WireType, end: number, depth: number): void => {
    if (wireType === WireType.Varint) return skipVarint(end);
    if (wireType === WireType.Bit32) return skip(4, end);
    if (wireType === WireType.Bit64) return skip(8, end);
    const length = readUint32(end);
    const start = at;
    skip(length, end);
    const stop = at;
    if (field === undefined) return;
    at = start;
    if (field.message !== undefined) message(field.message, stop, depth + 1);
    else if (wireTypeOf(field.scalar) !== WireType.LengthDelimited) packed(wireTypeOf(field.scalar), stop);
    else if (field.scalar === ScalarType.STRING) spend(ITEM_COST + length);
    else spend(ITEM_COST * 4);
    at = stop;
  };

  const message = (desc: DescMessage, end: number, depth: number): void => {
    if (depth > MAX_DEPTH) fail(`messages nested deeper than ${MAX_DEPTH}`);
    spend(MESSAGE_COST);
    const known = fieldsOf(desc);
    let seen = 0;
    while (at < end) {
      const start = at;
      const tag = readUint32(end);
      const wireType: WireType = tag & 7;
      const field = known.get(tag >>> 3);
      const isValue =
        wireType === WireType.Varint ||
        wireType === WireType.Bit32 ||
        wireType === WireType.Bit64 ||
        wireType === WireType.LengthDelimited;
      if (tag >>> 3 === 0 || !isValue) fail(`the tag ${tag} at byte ${start}`);
      if (field !== undefined) {
        const list = field.fieldKind === 'list';
        const expected = field.message === undefined ? wireTypeOf(field.scalar) : WireType.LengthDelimited;
        if (wireType !== expected && !(list && wireType === WireType.LengthDelimited)) {
          fail(`${desc.name}.${field.name} in the wrong form at byte ${start}`);
        }
        if (list) spend(ITEM_COST);
        else if ((seen & (1 << field.number)) !== 0)
          fail(`${desc.name}.${field.name} twice, at byte ${start}`);
        else seen |= 1 << field.number;
      }
      value(field, wireType, end, depth);
    }
  };

  if (bytes.length === 0) fail('nothing in it');
  message(schema, bytes.length, 0);
}

const fieldsByNumber = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

/** Field numbers must be below 32, as all of ONNX's are. */
function fieldsOf(desc: DescMessage): ReadonlyMap<number, DescField> {
  let fields = fieldsByNumber.get(desc);
  if (fields === undefined) {
    fields = new Map(desc.fields.map((field) => [field.number, field]));
    fieldsByNumber.set(desc, fields);
  }
  return fields;
}
