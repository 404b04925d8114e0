import { CancelledError } from '../base/errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Milliseconds an orderly end may take; with the end of the process itself, below a second. */
const PATIENCE = 800;

/** Where signals of the operating system arrive: `process`, or an emitter in a test. */
export interface SignalSource {
  on(name: (typeof SIGNALS)[number], listener: () => void): unknown;
  off(name: (typeof SIGNALS)[number], listener: () => void): unknown;
}

/**
 * The one way by which a run is ended early. The first signal aborts `signal` with a
 * `CancelledError`, so that everything stops in order; the second one, or an order that takes too
 * long, calls `endAtOnce`.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #source: SignalSource;
  readonly #endAtOnce: () => void;
  readonly #handlers = SIGNALS.map((name) => [name, () => this.#arrived(name)] as const);
  #timer: NodeJS.Timeout | undefined;
  readonly #patience: number;

  /** @param patience milliseconds an orderly end may take */
  constructor(source: SignalSource, endAtOnce: () => void, patience = PATIENCE) {
    this.#source = source;
    this.#patience = patience;
    this.#endAtOnce = endAtOnce;
    for (const [name, handler] of this.#handlers) source.on(name, handler);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the run for a reason of our own, such as a reader that went away. */
  end(reason: Error): void {
    if (this.signal.aborted) return;
    this.#timer = setTimeout(this.#endAtOnce, this.#patience);
    this.#controller.abort(reason);
  }

  /** Back to how signals were before. */
  dispose(): void {
    clearTimeout(this.#timer);
    for (const [name, handler] of this.#handlers) this.#source.off(name, handler);
  }

  #arrived(name: string): void {
    if (this.signal.aborted) this.#endAtOnce();
    else this.end(new CancelledError(`Interrupted by ${name}`));
  }
}
