import type { Logger } from 'pino';
// The build without worker threads, transports and streams of its own: descriptor 2 needs none of
// them, and to load them takes half as long again as the start of Node.
import pino from 'pino/browser.js';

import { writeFully } from './write-sync.ts';

export type { Logger } from 'pino';

/** What pino makes of one message. */
interface Message {
  readonly msg?: unknown;
  readonly err?: unknown;
}

/** The plain lines a person reads, with the stack of a fault. */
function plainLines({ msg = '', err }: Message): string {
  const text = err === undefined ? String(msg) : `${String(msg)}\n${stackOf(err)}`;
  return `${text.replace(/(?!\n)\p{C}/gu, '_')}\n`;
}

function stackOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const { stack = fault.message, cause } = fault;
  return cause === undefined ? stack : `${stack}\ncaused by: ${stackOf(cause)}`;
}

/** A log that cannot be written must not end the work it tells about. */
function writeToStderr(text: string): void {
  try {
    writeFully(2, Buffer.from(text));
  } catch {
    // nobody is left to be told
  }
}

/**
 * The log of a service: plain lines on descriptor 2, which qrexec carries to the caller's terminal
 * and to the qube's journal, without time or level, as the stock services write them. Lines are
 * written synchronously, so none is lost when the process ends. Other sinks are for tests.
 */
export function createLog(write: (text: string) => void = writeToStderr): Logger {
  return pino({
    timestamp: false,
    browser: { write: (message: Message) => write(plainLines(message)) },
  });
}
