/**
 * What a benchmark is. To add one: a row in cases/<group>.ts, and for a new kind of peer its builder in peer.py.
 */

/** What runs beside ours: a call that peer.py builds (its `kind` and parameters), or one in this process. */
export type Peer =
  | { readonly kind: string; readonly [parameter: string]: unknown }
  | ((threads: number) => Promise<() => unknown>);

export interface Case {
  readonly name: string;
  /** Thread counts to measure; default 1 and 2. */
  readonly threads?: readonly number[];
  /** Floating-point operations of one call, as direct convolution counts them, for the share of the FMA peak. */
  readonly flops?: number;
  /** Bytes that one call has to read and write, for the share of the memory bandwidth. */
  readonly bytes?: number;
  /** The ratio to the peer that is aimed at. */
  readonly goal?: number;
  /** Name of the peer in the table; default PyTorch. */
  readonly against?: string;
  /** Builds ours. The call may be asynchronous. */
  ours(): (() => unknown) | Promise<() => unknown>;
  readonly peer: Peer;
}

/** A model to train for some steps in a process of its own, by once.mjs or peer.py, with Adam. */
export interface ProcessRequest {
  readonly model: 'seed' | 'mnist';
  readonly input: readonly number[];
  /** Number of classes, or the shape of float targets. */
  readonly target: number | readonly number[];
  readonly loss: 'CrossEntropyLoss' | 'MSELoss';
  readonly calls: number;
  /** Ours by compileStep. */
  readonly compiled: boolean;
}

export type ProcessMeasure = 'start' | 'import' | 'peak';

/** What a fresh process takes, ours and PyTorch's by turns, one each round. */
export interface ProcessCase {
  readonly name: string;
  /** Thread counts to measure; default 1 and 2. */
  readonly threads?: readonly number[];
  /** The ratio to the peer that is aimed at. */
  readonly goal?: number;
  /**
   * `start`: milliseconds from the start of the process until the steps are done; `import`: those from its first import on,
   * without the start of Node or of Python; `peak`: the most megabytes it had.
   */
  readonly measure: ProcessMeasure;
  readonly request: ProcessRequest;
}
