import { writeSync } from 'node:fs';

import { pino } from 'pino';
import * as z from 'zod/mini';

import { systemErrorCode } from './errors.ts';

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

/** Writes all of `text` to descriptor 2 before it returns, also where that descriptor is non-blocking. */
function writeToStderr(text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      // A log that cannot be written must not end the work it tells about.
      if (systemErrorCode(error) !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
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
