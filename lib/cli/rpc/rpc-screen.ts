import { printable, printableText } from '../../base/printable.ts';
import type { RpcLine } from '../../base/rpc-report.ts';
import { notice } from '../notice.ts';
import type { Output } from '../output.ts';
import type { ProgressBar } from '../progress-bar.ts';
import type { StatusLine } from '../status-line.ts';
import { cell, type Field, table, tabLines } from '../table.ts';

/** What something that takes time tells of itself. */
export type ProgressLine = Extract<RpcLine, { type: 'progress' }>;

/** What could not be done, as `--json` writes it. */
export type WarningLine = Extract<RpcLine, { type: 'warning' }>;

/** An error as `--json` writes it. */
export type ErrorLine = Extract<RpcLine, { type: 'error' }>;

/** Long enough for the words of a daemon. */
const MAX_WARNING = 1000;

/** The moving lines of a terminal. */
export interface MovingLines {
  readonly progress: Pick<ProgressBar, 'update' | 'clear'>;
  readonly status: Pick<StatusLine, 'show' | 'clear'>;
}

/** Rows for people. Their fields are untrusted. */
export interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Field[])[];
}

/** Where answers become something to read: text for people, or lines of JSON. */
export interface RpcScreen {
  /** Things of one kind: a line each for programs, rows for people. */
  show(lines: readonly RpcLine[], rows: Rows): Promise<void>;
  /** One thing; `untrustedText` is what people want of it. */
  showText(line: RpcLine, untrustedText: string): Promise<void>;
  /** Something was done; people are told only what they cannot know. */
  done(line: RpcLine, remark?: string): Promise<void>;
  /** How far it is: a moving line, where there is a terminal. */
  progress(line: ProgressLine): void;
  /** What is waited for, in a few words: only on a terminal, and until something else is told. */
  waiting(text: string): void;
  warning(line: WarningLine): Promise<void>;
  error(line: ErrorLine): Promise<void>;
  /** Takes away what moves, before other bytes go to the terminal. */
  clear(): void;
}

/** `--json`: every answer as one line on standard output, and nothing else. */
export class JsonRpcScreen implements RpcScreen {
  readonly #results: Output;

  constructor(results: Output) {
    this.#results = results;
  }

  async show(lines: readonly RpcLine[]): Promise<void> {
    await this.#results.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  showText(line: RpcLine): Promise<void> {
    return this.show([line]);
  }

  done(line: RpcLine): Promise<void> {
    return this.show([line]);
  }

  progress(line: ProgressLine): void {
    void this.show([line]);
  }

  waiting(): void {
    // For eyes only.
  }

  warning(line: WarningLine): Promise<void> {
    return this.show([line]);
  }

  error(line: ErrorLine): Promise<void> {
    return this.show([line]);
  }

  clear(): void {
    // Nothing moves.
  }
}

/**
 * For people: tables on a terminal, and in a pipe a line each with tabs between the fields; errors
 * and remarks on standard error.
 */
export class TextRpcScreen implements RpcScreen {
  readonly #results: Output;
  readonly #messages: Output;
  readonly #isTerminal: boolean;
  readonly #moving: MovingLines | undefined;

  /**
   * @param isTerminal whether results go to one
   * @param moving where messages go to one
   */
  constructor(results: Output, messages: Output, isTerminal: boolean, moving?: MovingLines) {
    this.#results = results;
    this.#messages = messages;
    this.#isTerminal = isTerminal;
    this.#moving = moving;
  }

  async show(_lines: readonly RpcLine[], { head, rows }: Rows): Promise<void> {
    this.clear();
    const shown = rows.map((row) => row.map(cell));
    await this.#results.write(this.#isTerminal ? table(head, shown) : tabLines(rows));
  }

  async showText(_line: RpcLine, untrustedText: string): Promise<void> {
    this.clear();
    const text = this.#isTerminal ? printableText(untrustedText) : untrustedText;
    await this.#results.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  async done(_line: RpcLine, remark?: string): Promise<void> {
    this.clear();
    if (remark !== undefined) await this.#messages.write(`${printable(remark)}\n`);
  }

  progress(line: ProgressLine): void {
    this.#moving?.progress.update(line);
  }

  waiting(text: string): void {
    this.#moving?.status.show(text);
  }

  async warning({ message, qube }: WarningLine): Promise<void> {
    this.clear();
    const subject = qube === undefined ? '' : `${qube}: `;
    await this.#messages.write(`warning: ${printable(`${subject}${message}`, MAX_WARNING)}\n`);
  }

  async error(line: ErrorLine): Promise<void> {
    this.clear();
    await this.#messages.write(`${notice(line)}\n`);
  }

  clear(): void {
    this.#moving?.progress.clear();
    this.#moving?.status.clear();
  }
}
