/** One call of the Admin API before it goes anywhere. */
export interface AdminRequest {
  /** RPC name: `admin.vm.List`. */
  readonly method: string;
  /** What follows the `+`; empty for none. */
  readonly argument: string;
  /** Name of a qube; `dom0` for what concerns the whole system. */
  readonly destination: string;
  readonly payload: Uint8Array;
}

/** A call that brings more than a daemon takes in one piece: an executable serves it. */
export interface AdminStream extends Omit<AdminRequest, 'payload'> {
  /** Untouched when the call is refused at once. */
  readonly payload: AsyncIterable<Uint8Array>;
}

/** A way to a daemon that serves the Admin API. Knows nothing of what a reply means. */
export interface Transport {
  /**
   * Makes one call and gives the bytes of its reply as they come. Leaving the iteration early, or
   * aborting the signal, ends the call.
   * @throws NeedsError when the daemon cannot be reached, or goes away in the middle
   * @throws UsageError when the request cannot be carried this way
   */
  send(request: AdminRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * The same for a call with a stream. If its source fails, the call is ended before its end could be
   * taken for the end of the stream.
   * @throws what `send` throws, and what the source throws
   */
  stream(request: AdminStream, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
