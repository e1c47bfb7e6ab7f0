/**
 * Whether tests run on the CPU rather than on a device, which LR_DEVICE names. Those ask that are left out on a device or expect
 * something else there:
 *
 * - conv-algorithm.test.ts, which tells algorithms apart: a device has the direct one alone, whatever is asked for;
 * - compile-forward.test.ts, of what convolutions do besides: a device has no such kernels;
 * - bits.test.ts, over instruction sets and threads: on a device, it compares two runs;
 * - memory.test.ts, of resident memory: on a device, it measures the device's, where 256 MB of garbage may lie.
 */
export const onCpu: boolean = (process.env['LR_DEVICE'] ?? 'cpu') === 'cpu';
