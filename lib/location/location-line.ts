import * as z from 'zod/mini';

/** Longest location in bytes: a path can have 4096, a command some more. */
export const MAX_LOCATION_BYTES = 16 * 1024;

/** Where a backup is, as a client sends it: the path of a file or a command, in one line. */
export const LocationLine = z
  .string()
  .check(
    z.minLength(1, 'No backup location was given'),
    z.maxLength(MAX_LOCATION_BYTES, 'The backup location is too long'),
    z.regex(/^[^\0\n]*$/, 'The backup location holds a NUL or a line break'),
  );
