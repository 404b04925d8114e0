import type { Listener, Outcome } from '../archive/api.ts';
import type { ErrorEvent, QubeReport } from '../base/report.ts';
import type { Screen } from './screen.ts';

/** Passes the events of a run on to the screen and keeps count, for a run that ends by an error. */
export class Tally {
  #warnings = 0;
  #errors = 0;
  readonly #screen: Screen;
  readonly #began = performance.now();
  #lastError: ErrorEvent | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** How a run ended that has no outcome of its own. */
  outcome(qubes: readonly QubeReport[], ok: boolean): Outcome {
    return {
      ok,
      qubes,
      archiveBytes: 0,
      warnings: this.#warnings,
      errors: this.#errors,
      seconds: (performance.now() - this.#began) / 1000,
    };
  }

  readonly listen: Listener = (event) => {
    if (event.type === 'warning') this.#warnings++;
    if (event.type === 'error') this.#count(event);
    this.#screen.show(event);
  };

  /** Shows the error that ended the run, unless the archive has told of the very same already. */
  fatal(event: ErrorEvent): void {
    const last = this.#lastError;
    if (last?.message === event.message && last.file === event.file && last.chunk === event.chunk) {
      return;
    }
    this.#count(event);
    this.#screen.show(event);
  }

  #count(event: ErrorEvent): void {
    this.#errors++;
    this.#lastError = event;
  }
}
