/**
 * Where tensors live. A device is its name, as PyTorch writes it: `cpu`, `cuda:1`; `cuda` is the first. A build for tests
 * has `cuda-emu` instead, which emulates one.
 */
import { checkBoolean, checkType } from '@org/lr-core';
import { addon, cudaAddonFailure } from './addon.ts';

export type Device = string;

/** A device that this machine or this build does not have, or what went wrong on one. */
export class DeviceError extends Error {
  override readonly name: string = 'DeviceError';
}
addon.setDeviceError(DeviceError);

/** Names that have been checked, and what they are short for. */
const checked = new Map<unknown, Device>([['cpu', 'cpu']]);

/**
 * The canonical name of a device: `cuda` is `cuda:0`.
 *
 * @throws ArgumentError for a name that is no device's, DeviceError for a device that is not there
 */
export function device(name: string): Device {
  return checkDevice('device', name);
}

export function checkDevice(op: string, name: unknown): Device {
  const known = checked.get(name);
  if (known !== undefined) return known;
  const parts = typeof name === 'string' ? /^(cuda(?:-emu)?)(?::(\d+))?$/.exec(name) : null;
  checkType(parts !== null, op, 'device', "'cpu', 'cuda' or 'cuda:N'", name);
  const [, kind, index = '0'] = parts!;
  const there = cudaInfo();
  const canonical = canonicalName(kind!, Number(index));
  const devices = there.devices.map((_, i) => canonicalName(there.name, i));
  if (!devices.includes(canonical)) {
    throw new DeviceError(
      `[${op}] expected device to be one that is there (${['cpu', ...devices].join(', ')}) but received ${JSON.stringify(name)}` +
        (there.unavailable === null
          ? there.name === kind
            ? ''
            : `: this build has ${there.name} alone`
          : `: ${there.unavailable}`),
    );
  }
  checked.set(name, canonical);
  return canonical;
}

/** The first emulated device has no number, so that its name is what LR_DEVICE says. */
function canonicalName(kind: string, index: number): Device {
  return kind === 'cuda-emu' && index === 0 ? kind : `${kind}:${index}`;
}

/** The number of a device that has been checked, for the addon. */
export function deviceIndex(name: Device): number {
  return Number(name.split(':')[1] ?? 0);
}

/** The device of new tensors and modules: LR_DEVICE, else the CPU. */
export function defaultDevice(): Device {
  return checkDevice('LR_DEVICE', process.env.LR_DEVICE || 'cpu');
}

/** Whether it is the device of new tensors, as far as that has been asked for. */
export function isDefaultDevice(name: Device): boolean {
  return checked.get(process.env.LR_DEVICE || 'cpu') === name;
}

/** What there is of CUDA: for `lr doctor`. */
export interface CudaInfo {
  /** `cuda`, or `cuda-emu` in a build for tests. */
  readonly name: string;
  /** Why no device can be used and what to do about it, or null. */
  readonly unavailable: string | null;
  /**
   * What is opened at run time: the driver, cuBLAS and cuDNN, each with its version, or with a colon and why it is not
   * used. Empty in a build without CUDA.
   */
  readonly libraries: readonly string[];
  /** A description of each device, in the order of their numbers. */
  readonly devices: readonly string[];
}

/** The CUDA devices of this machine, or why there are none. */
export function cudaInfo(): CudaInfo {
  const { libraries, ...given } = addon.deviceInfo();
  const info = { ...given, libraries: libraries.split('\n').filter((line) => line !== '') };
  if (info.unavailable === null || cudaAddonFailure === null) return info;
  return { ...info, unavailable: `the addon with CUDA does not load (${cudaAddonFailure})` };
}

/** Bytes of the memory of a device. */
export interface MemoryStats {
  /** That tensors take. */
  readonly allocated: number;
  /** That have been got from the driver, those that are kept for tensors to come among them. */
  readonly reserved: number;
  /** The most that tensors have taken at once. */
  readonly peak: number;
}

function cudaIndex(op: string, name: Device | undefined): number {
  const canonical = checkDevice(op, name ?? addon.deviceInfo().name);
  checkType(canonical !== 'cpu', op, 'device', 'a CUDA device', name);
  return deviceIndex(canonical);
}

/**
 * What tensors take of the memory of a device, by default the first. As `torch.cuda.memory_allocated`, `memory_reserved`
 * and `max_memory_allocated`.
 *
 * @throws ArgumentError, DeviceError
 */
export function cudaMemoryStats(name?: Device): MemoryStats {
  const [allocated, reserved, peak] = addon.deviceMemoryStats(cudaIndex('cudaMemoryStats', name));
  return { allocated, reserved, peak };
}

/**
 * Has garbage collected and gives memory that no tensor takes back to the driver. As `torch.cuda.empty_cache`.
 *
 * @throws ArgumentError, DeviceError
 */
export function cudaEmptyCache(name?: Device): void {
  addon.deviceEmptyCache(cudaIndex('cudaEmptyCache', name));
}

/**
 * Waits until a device has done all that it was told to. As `torch.cuda.synchronize`.
 *
 * @throws ArgumentError; DeviceError, also for what went wrong on the device since it was last waited for
 */
export function cudaSynchronize(name?: Device): void {
  addon.deviceSynchronize(cudaIndex('cudaSynchronize', name));
}

/** In what precision devices multiply matrices and convolve; each is off by default, which is float32. */
export interface CudaPrecision {
  /** TF32: inputs of 10 bits behind the point. As `torch.backends.cuda.matmul.allow_tf32`. */
  tf32?: boolean;
  /** Inputs rounded to bfloat16, sums in float32. As `torch.autocast` with bfloat16 for these operations. */
  bfloat16?: boolean;
}

/**
 * Sets the precision of matrix products and convolutions of float32 tensors on CUDA devices; what is left out is turned
 * off.
 *
 * @throws ArgumentError, DeviceError where there is no device
 */
export function setCudaPrecision({ tf32 = false, bfloat16 = false }: CudaPrecision): void {
  checkBoolean('setCudaPrecision', 'tf32', tf32);
  checkBoolean('setCudaPrecision', 'bfloat16', bfloat16);
  cudaIndex('setCudaPrecision', undefined);
  addon.deviceAllow(Number(tf32), Number(bfloat16));
}
