import type { Writable } from 'node:stream';

/** Somewhere bytes go, one block after another. */
export interface ByteSink {
  /**
   * Resolves when the block has been handed over, so that one block at a time is under way.
   * @throws the system's error, such as EPIPE when nobody reads any more
   */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Closes the sink: who reads sees the end. */
  readonly end: () => Promise<void>;
}

/** A sink over a stream of Node. Its errors come out of `write` and `end`, never as events. */
export function sinkTo(stream: Writable): ByteSink {
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure ??= error;
  });
  // Node destroys the stdin of a process that has ended without calling it an error.
  const closedError = (): Error =>
    failure ?? Object.assign(new Error('write EPIPE: closed'), { code: 'EPIPE' });
  const settled = (start: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined || stream.destroyed) reject(closedError());
      else start((error) => (error instanceof Error ? reject(failure ?? error) : resolve()));
    });
  return {
    write: (bytes) => settled((done) => stream.write(bytes, done)),
    end: () => settled((done) => stream.end(done)),
  };
}
