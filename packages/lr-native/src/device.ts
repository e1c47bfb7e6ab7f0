/** Where tensors live. A device is its name, `cpu`, `cuda` or `cuda:1`, as PyTorch writes it. */
import { checkType } from '@org/lr-core';

export type Device = string;

/** A device that this machine or this build does not have. */
export class DeviceError extends Error {
  override readonly name: string = 'DeviceError';
}

/**
 * The canonical name of a device: `cuda` is `cuda:0`.
 *
 * @throws ArgumentError for a name that is no device's, DeviceError for a device that is not there
 */
export function device(name: string): Device {
  return checkDevice('device', name);
}

export function checkDevice(op: string, name: unknown): Device {
  checkType(
    typeof name === 'string' && /^(cpu|cuda(:\d+)?)$/.test(name),
    op,
    'device',
    "'cpu', 'cuda' or 'cuda:N'",
    name,
  );
  if (name !== 'cpu') {
    throw new DeviceError(
      `[${op}] expected device to be one that is there (cpu) but received ${JSON.stringify(name)}: this build has no CUDA backend`,
    );
  }
  return 'cpu';
}

/** The device of new tensors and modules: LR_DEVICE, else the CPU. */
export function defaultDevice(): Device {
  return checkDevice('LR_DEVICE', process.env.LR_DEVICE || 'cpu');
}
