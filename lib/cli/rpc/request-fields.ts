import * as z from 'zod';

import { parseSize } from '../../base/size.ts';

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

/** A qube, or what policy finds one for: `@dispvm`, `@default`. */
export const callTarget = word.regex(
  /^@?[a-zA-Z0-9:_.@-]{1,63}$/,
  'it is no name of a qube, and no keyword such as @dispvm',
);

/** One of a few words, which the message names. */
export function oneOf<const Word extends string>(...words: readonly Word[]) {
  return z.enum(words, { error: `it is none of ${words.join(', ')}` });
}

/** `QUBE:VOLUME`. */
export const volume = word
  .regex(/^[a-zA-Z0-9:_.-]{1,63}:[a-zA-Z0-9_.-]{1,63}$/, 'it is not of the form QUBE:VOLUME')
  .transform((value) => {
    const colon = value.lastIndexOf(':');
    return { qube: value.slice(0, colon), name: value.slice(colon + 1) };
  });

/** Bytes, as `parseSize` reads them, which itself says what is wrong. */
export const size = word.transform(parseSize);

/** A whole number from 0. */
export const count = word
  .regex(/^\d{1,9}$/, 'it is no number')
  .transform((digits) => Number(digits));

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

/** `NAME` or `NAME+ARGUMENT`. */
export const serviceCall = word.transform((value) => {
  const sign = value.indexOf('+');
  if (sign < 0) return { method: value, argument: '' };
  return { method: value.slice(0, sign), argument: value.slice(sign + 1) };
});

/** `POOL`, or `VOLUME=POOL` once for each volume. */
export const pools = z
  .array(pool)
  .default([])
  .refine((all) => all.length < 2 || all.every((one) => 'volume' in one), {
    message: 'one pool for all volumes and others do not go together',
  });
