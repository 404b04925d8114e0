import type { ByteSink } from '../base/byte-sink.ts';

export interface QrexecRequest {
  /** Name of the qube that is called. */
  readonly target: string;
  /** RPC name: `qubes.Restore`. */
  readonly service: string;
  /** What follows the `+`; empty for none. */
  readonly argument: string;
  /** Ends the call when aborted. */
  readonly signal: AbortSignal;
  /** Gets what the service says on stderr as it comes. Untrusted. */
  readonly onStderr?: (untrusted: Uint8Array) => void;
}

/** One call of a service in another qube. */
export interface QrexecCall {
  /** What the service gets. Its `write` fails when the service reads no more. */
  readonly stdin: ByteSink;
  /** What the service answers; leaving it early closes that pipe. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** The end of what the service said on stderr, at most 64 KiB. Untrusted: show it `printable`. */
  untrustedStderr(): string;
  /** Exit status of the service; 128 + n when signal n ended it. Never rejects. */
  readonly finished: Promise<number>;
  /** Ends the call at once. */
  kill(): void;
}

/** The door to other qubes. */
export interface QrexecCaller {
  /**
   * Starts a call.
   * @throws UsageError when target, service or argument cannot be meant
   * @throws NeedsError when the target or its service is not there
   */
  call(request: QrexecRequest): Promise<QrexecCall>;
}
