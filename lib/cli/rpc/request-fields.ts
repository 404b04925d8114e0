import { z } from 'zod';

/*
 * Fields of what a person asks of qubes-rpc. Values that only the daemon can judge (classes, labels,
 * properties) are taken as they are.
 */
const MAX_TEXT = 65_536;

export const text = z.string().max(MAX_TEXT, `it is longer than ${MAX_TEXT} characters`);
export const word = text.min(1, 'it is empty');
export const path = word.refine((value) => !value.includes('\0'), 'it contains a NUL');
export const flag = z.boolean().default(false);
export const qube = word.regex(/^[a-zA-Z0-9:_.-]{1,63}$/, 'it is no name of a qube');

/** A name, `=`, and what is behind it. */
export const assignment = word
  .regex(/^[^=]+=/, 'it is not of the form NAME=VALUE')
  .transform((value): [string, string] => {
    const sign = value.indexOf('=');
    return [value.slice(0, sign), value.slice(sign + 1)];
  });

/** `POOL` for all volumes, or `VOLUME=POOL`. */
export const pool = word.transform((value): { pool: string } | { volume: string; pool: string } => {
  const sign = value.indexOf('=');
  if (sign < 0) return { pool: value };
  return { volume: value.slice(0, sign), pool: value.slice(sign + 1) };
});

/** How the answer is shown. */
export const look = { json: flag };

/** Where the daemon is. */
export const where = {
  ...look,
  /** Folder of the embedded system. */
  root: path.optional(),
  socket: path.optional(),
  qrexec: flag,
};
