import type { ReportEvent } from '../base/report.ts';
import { notice } from './notice.ts';
import type { Output } from './output.ts';
import type { Screen } from './screen.ts';

/** Programs that read progress need no more than four lines a second. */
const PROGRESS_INTERVAL = 250;

/** `--json`: every event as one line, and nothing else. */
export class JsonScreen implements Screen {
  readonly #output: Output;
  readonly #messages: Output;
  readonly #now: () => number;
  #nextProgress = -Infinity;

  /**
   * @param messages gets the errors as text when `output` cannot be written to any more
   * @param now milliseconds of a clock that never goes back
   */
  constructor(output: Output, messages: Output, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#messages = messages;
    this.#now = now;
  }

  show(event: ReportEvent): void {
    if (event.type === 'progress') {
      if (this.#now() < this.#nextProgress) return;
      this.#nextProgress = this.#now() + PROGRESS_INTERVAL;
    }
    if (event.type === 'error' && this.#output.broken) {
      void this.#messages.write(`${notice(event)}\n`);
      return;
    }
    void this.#output.write(`${JSON.stringify(event)}\n`);
  }

  remark(): void {
    // For people only: the error and the summary say it all.
  }

  close(): Promise<void> {
    return this.#output.flush();
  }
}
