import { printable, printableText } from '../../base/printable.ts';
import type { RpcLine } from '../../base/rpc-report.ts';
import { notice } from '../notice.ts';
import type { Output } from '../output.ts';
import { cell, type Field, table, tabLines } from '../table.ts';

/** An error as `--json` writes it. */
export type ErrorLine = Extract<RpcLine, { type: 'error' }>;

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
  error(line: ErrorLine): Promise<void>;
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

  error(line: ErrorLine): Promise<void> {
    return this.show([line]);
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

  /** @param isTerminal whether results go to one */
  constructor(results: Output, messages: Output, isTerminal: boolean) {
    this.#results = results;
    this.#messages = messages;
    this.#isTerminal = isTerminal;
  }

  async show(_lines: readonly RpcLine[], { head, rows }: Rows): Promise<void> {
    const shown = rows.map((row) => row.map(cell));
    await this.#results.write(this.#isTerminal ? table(head, shown) : tabLines(rows));
  }

  async showText(_line: RpcLine, untrustedText: string): Promise<void> {
    const text = this.#isTerminal ? printableText(untrustedText) : untrustedText;
    await this.#results.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  async done(_line: RpcLine, remark?: string): Promise<void> {
    if (remark !== undefined) await this.#messages.write(`${printable(remark)}\n`);
  }

  async error(line: ErrorLine): Promise<void> {
    await this.#messages.write(`${notice(line)}\n`);
  }
}
