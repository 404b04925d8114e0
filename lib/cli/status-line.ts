import { printable } from '../base/printable.ts';

/** To the beginning of the line, and nothing behind it. */
const CLEAR = '\r\x1b[K';

/** One line at the foot of a terminal that says what is waited for. */
export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  #isShown = false;

  /** @param stream a terminal */
  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    this.#isShown = true;
    this.#stream.write(`${CLEAR}${printable(text, Math.max(1, this.#stream.columns - 2))}`);
  }

  clear(): void {
    if (this.#isShown) this.#stream.write(CLEAR);
    this.#isShown = false;
  }
}
