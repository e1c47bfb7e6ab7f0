/**
 * Arrays in the memory of a device: what the `data` and `grad` of a tensor are there. They have what ops use of a typed
 * array, so that an op is written once; their elements are read through copies.
 */
import type { DeviceBuffer } from '@org/lr-core';
import { addon } from './addon.ts';
import { ELEMENT } from './addon-types.ts';
import { DeviceError, deviceIndex } from './device.ts';
import type { Device } from './device.ts';
import { ARRAY_TYPES, bytesOf, convert, movable } from './dtype.ts';
import type { ArrayOf, DType, RealArray } from './dtype.ts';

/** Element types as they lie in memory: booleans are bytes. */
export type StoredDType = Exclude<DType, 'bool'>;

/** Elements of one type on a device. Memory is given back by `free()`, or some time after nothing refers to it. */
export class DeviceArray implements DeviceBuffer {
  /** Whether there has been one: while there has not, nobody need ask where arrays are. */
  static inUse = false;

  readonly length: number;
  readonly device: Device;
  readonly dtype: StoredDType;
  /** Whether it shares memory that another has got. */
  readonly isView: boolean;
  /** The same for arrays that share memory. */
  readonly buffer: object;
  readonly byteOffset: number;

  private constructor(
    device: Device,
    dtype: StoredDType,
    length: number,
    of: { array: DeviceArray; byteOffset: number } | null = null,
  ) {
    DeviceArray.inUse = true;
    this.device = device;
    this.dtype = dtype;
    this.length = length;
    this.isView = of !== null;
    if (of === null) {
      this.byteOffset = 0;
      this.buffer = {};
      addon.deviceAllocate(this, deviceIndex(device), ELEMENT[dtype], length);
    } else {
      this.byteOffset = of.array.byteOffset + of.byteOffset;
      this.buffer = of.array.buffer;
      addon.deviceView(this, of.array, ELEMENT[dtype], of.byteOffset, length);
    }
  }

  /** Of any content. @throws DeviceError where there is not enough memory */
  static empty(device: Device, dtype: DType, length: number): DeviceArray {
    return new DeviceArray(device, dtype === 'bool' ? 'uint8' : dtype, length);
  }

  /** A copy of an array. @throws DeviceError where there is not enough memory */
  static from(device: Device, dtype: DType, values: ArrayOf[DType] | DeviceArray): DeviceArray {
    const array = DeviceArray.empty(device, dtype, values.length);
    array.set(values);
    return array;
  }

  get BYTES_PER_ELEMENT(): number {
    return ARRAY_TYPES[this.dtype].BYTES_PER_ELEMENT;
  }

  get byteLength(): number {
    return this.length * this.BYTES_PER_ELEMENT;
  }

  /** Whether the memory has been given back. */
  get isFreed(): boolean {
    return addon.deviceIsFreed(this);
  }

  /** Gives the memory back, that of arrays that share it too. Using them is an error from then on. */
  free(): void {
    addon.deviceFree(this);
  }

  /** As free: `using array = …`. */
  [Symbol.dispose](): void {
    this.free();
  }

  /** The elements on the host, once the device has done what it was told to. @throws DeviceError */
  toTypedArray(): ArrayOf[StoredDType] {
    const host = new ARRAY_TYPES[this.dtype](this.length);
    addon.deviceRead(this, host);
    return host;
  }

  /** As toTypedArray, converted to float32. @throws DeviceError */
  toFloat32Array(): Float32Array {
    const host = this.toTypedArray();
    return host instanceof Float32Array ? host : Float32Array.from(host as ArrayLike<unknown>, Number);
  }

  /** A copy on the same device. @throws DeviceError */
  slice(begin = 0, end = this.length): DeviceArray {
    return DeviceArray.from(this.device, this.dtype, this.subarray(begin, end));
  }

  /** Elements of this array, not a copy. @throws DeviceError */
  subarray(begin = 0, end = this.length): DeviceArray {
    const byteOffset = begin * this.BYTES_PER_ELEMENT;
    return new DeviceArray(this.device, this.dtype, end - begin, { array: this, byteOffset });
  }

  /** The same memory as elements of another type. @throws DeviceError */
  as(dtype: StoredDType): DeviceArray {
    if (dtype === this.dtype) return this;
    const length = this.byteLength / ARRAY_TYPES[dtype].BYTES_PER_ELEMENT;
    return new DeviceArray(this.device, dtype, length, { array: this, byteOffset: 0 });
  }

  /** Zeros of the same type and device. @throws DeviceError */
  zeros(length: number): DeviceArray {
    return DeviceArray.empty(this.device, this.dtype, length).fill(0);
  }

  /** Copies the elements of an array of the same type, of the host or of any device. @throws DeviceError */
  set(values: ArrayOf[DType] | DeviceArray, offset = 0): void {
    const at = offset * this.BYTES_PER_ELEMENT;
    if (!(values instanceof DeviceArray)) {
      const isSameType = values instanceof ARRAY_TYPES[this.dtype];
      const host = isSameType ? values : (new ARRAY_TYPES[this.dtype](values as never) as ArrayOf[DType]);
      addon.deviceWrite(this, at, host);
    } else if (values.device === this.device) addon.deviceCopy(this, at, values);
    else addon.deviceWrite(this, at, values.toTypedArray());
  }

  /** @throws DeviceError */
  fill(value: number | bigint, begin = 0, end = this.length): this {
    if (begin >= end) return this;
    if (end - begin !== this.length) {
      this.subarray(begin, end).fill(value);
      return this;
    }
    const one: ArrayOf[DType] = convert([value], this.dtype);
    // A walk (Strided) that stays at the one element
    const walk = new Int32Array(39);
    walk[0] = 1;
    walk[1] = this.length;
    walk[17] = 1;
    walk[36] = 1;
    walk[37] = this.length;
    const to = movable(this as unknown as ArrayOf[DType]);
    if (this.dtype === 'uint8') addon.copyBytes(walk, bytesOf(one), to as Uint8Array);
    else addon.copy(walk, movable(one) as RealArray, to as RealArray);
    return this;
  }
}

/** Elements are not there to be read one by one: that is an error rather than undefined. */
const NO_ELEMENTS = new Proxy(Object.prototype, {
  get(target, key, receiver): unknown {
    refuseElement(key);
    return Reflect.get(target, key, receiver);
  },
  set(target, key, value, receiver): boolean {
    refuseElement(key);
    return Reflect.set(target, key, value, receiver);
  },
});
Object.setPrototypeOf(DeviceArray.prototype, NO_ELEMENTS);

function refuseElement(key: string | symbol): void {
  if (typeof key === 'symbol' ? key !== Symbol.iterator : !/^\d+$/.test(key)) return;
  throw new DeviceError(
    '[DeviceArray] expected elements to be read through toArray(), item() or toFloat32Array(), which copy them to the host',
  );
}

/** The device that an array is on. */
export function deviceOf(array: unknown): Device {
  return array instanceof DeviceArray ? array.device : 'cpu';
}

/** The elements of an array on the host: itself, or a copy of what is on a device. */
export function hostOf<A extends ArrayOf[DType]>(array: A): A {
  const given: unknown = array;
  return given instanceof DeviceArray ? (given.toTypedArray() as unknown as A) : array;
}

/** Zeros on a device. */
export function newArrayOn<D extends DType>(device: Device, dtype: D, length: number): ArrayOf[D] {
  if (device === 'cpu') return new ARRAY_TYPES[dtype](length);
  return DeviceArray.empty(device, dtype, length).fill(0) as unknown as ArrayOf[D];
}

/** An array of the host on the device, itself where that is the CPU. */
export function onDevice<A extends ArrayOf[DType]>(device: Device, dtype: DType, array: A): A {
  return device === 'cpu' ? array : (DeviceArray.from(device, dtype, array) as unknown as A);
}
