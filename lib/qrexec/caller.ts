import type { ByteSink } from '../base/byte-sink.ts';

export interface QrexecRequest {
  /** What is called: the name of a qube, `dom0`, `@dispvm`…; empty leaves it to policy. */
  readonly target: string;
  /** RPC name: `qubes.Restore`. */
  readonly service: string;
  /** What follows the `+`; empty for none. */
  readonly argument: string;
  /** Whether it is to run as root, which only dom0 of Qubes can say; else policy says who. */
  readonly asRoot?: boolean;
  /** Ends the call when aborted. */
  readonly signal: AbortSignal;
  /**
   * Gets what the service says on stderr as it comes. Untrusted. Nothing more is read of it until
   * a promise that it returns is settled.
   */
  readonly onStderr?: (untrusted: Uint8Array) => void | Promise<void>;
}

/** One call of a service in another qube. */
export interface QrexecCall {
  /** What the service gets. Its `write` fails when the service reads no more. */
  readonly stdin: ByteSink;
  /** What the service answers; leaving it early closes that pipe. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** The end of what the service said on stderr, at most 64 KiB. Untrusted: show it `printable`. */
  untrustedStderr(): string;
  /**
   * Exit status of the service, once it has ended and `stdout` was read to its end, or left; 128 + n
   * when signal n ended it. Never rejects.
   */
  readonly finished: Promise<number>;
  /** Ends the call at once: closes its pipes, and tells the service to end. */
  kill(): void;
}

/** The door to other qubes. */
export interface QrexecCaller {
  /**
   * Starts a call.
   * @throws UsageError when target, service or argument cannot be meant
   * @throws CallError when it does not get as far as the service
   */
  call(request: QrexecRequest): Promise<QrexecCall>;
}
