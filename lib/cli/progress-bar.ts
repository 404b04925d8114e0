import { MultiBar, type SingleBar } from 'cli-progress';
import type { ProgressEvent } from '../base/report.ts';
import { progressLine } from './progress-line.ts';

const REDRAWS_PER_SECOND = 8;

/** The moving line at the foot of a terminal; other lines appear above it. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  #bars: MultiBar | undefined;
  #bar: SingleBar | undefined;

  /** @param stream a terminal */
  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  update(event: ProgressEvent): void {
    const payload = { event };
    if (this.#bar !== undefined) {
      this.#bar.update(event.bytes, payload);
      return;
    }
    this.#bars = new MultiBar({
      stream: this.#stream,
      fps: REDRAWS_PER_SECOND,
      clearOnComplete: true,
      hideCursor: true,
      // Signals are handled in one place: interruption.ts.
      gracefulExit: false,
      emptyOnZero: true,
      format: (_options, _parameters, shown: typeof payload) =>
        progressLine(shown.event, this.#stream.columns),
    });
    this.#bar = this.#bars.create(event.totalBytes ?? 0, event.bytes, payload);
  }

  /** Takes the line away and shows the cursor again; the next event brings it back. */
  clear(): void {
    this.#bars?.stop();
    this.#bars = undefined;
    this.#bar = undefined;
  }
}
