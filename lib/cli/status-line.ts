import { printable } from '../base/printable.ts';

/** To the beginning of the line, and nothing behind it. */
const CLEAR = '\r\x1b[K';

const COLUMNS = 80;

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
    // A terminal that nobody looks at may have no size.
    const columns = this.#stream.columns > 0 ? this.#stream.columns : COLUMNS;
    this.#stream.write(`${CLEAR}${printable(text).slice(0, columns - 1)}`);
  }

  clear(): void {
    if (this.#isShown) this.#stream.write(CLEAR);
    this.#isShown = false;
  }
}
