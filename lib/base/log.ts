import { pino } from 'pino';
import * as z from 'zod/mini';

import { writeFully } from './write-sync.ts';

export type { Logger } from 'pino';

const Line = z.object({
  msg: z.catch(z.string(), ''),
  err: z.optional(z.object({ stack: z.catch(z.string(), '') })),
});

/** What pino made of one message, as the plain lines a person reads; its stack too if it has one. */
function plainLines(json: string): string {
  const { msg, err } = Line.parse(JSON.parse(json));
  const text = err === undefined ? msg : `${msg}\n${err.stack}`;
  return `${text.replace(/(?!\n)\p{C}/gu, '_')}\n`;
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
export function createLog(write: (text: string) => void = writeToStderr): pino.Logger {
  return pino(
    { base: null, timestamp: false },
    { write: (json: string) => write(plainLines(json)) },
  );
}
