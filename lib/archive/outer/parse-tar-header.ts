import * as z from 'zod/mini';

import type { OuterEntry } from './outer-entry.ts';

/** Positions behind the data of a member have to stay exact numbers. */
const MAX_MEMBER_SIZE = 2 ** 52;

/**
 * What tar-stream makes of a header. Its own type says less than can come out: numbers may be NaN,
 * null or negative, a pax size is taken from whatever text begins with digits.
 */
const Decoded = z.object({
  name: z.string(),
  type: z.nullable(z.string()),
  size: z.int().check(z.nonnegative(), z.maximum(MAX_MEMBER_SIZE)),
  mode: z.catch(z.int(), 0),
  mtime: z.catch(z.date(), new Date(0)),
  pax: z.nullish(z.object({ size: z.optional(z.string().check(z.regex(/^\d{1,16}$/))) })),
});

/** What the headers of one member of a tar archive say about it. */
export type TarHeader = Pick<OuterEntry, 'untrustedName' | 'type' | 'size' | 'mode' | 'mtime'>;

/**
 * Accepts what tar-stream made of a header.
 * @param broken makes the error that is thrown when it makes no sense
 */
export function parseTarHeader(untrusted: unknown, broken: (reason: string) => Error): TarHeader {
  const parsed = Decoded.safeParse(untrusted);
  if (!parsed.success) throw broken(`its ${parsed.error.issues[0]?.path.join(' ')} makes no sense`);
  const { name, type, size, mode, mtime } = parsed.data;
  return {
    untrustedName: name,
    type: type === 'file' || type === 'directory' ? type : 'other',
    size,
    mode: mode & 0o7777,
    mtime: Math.floor(mtime.getTime() / 1000),
  };
}
