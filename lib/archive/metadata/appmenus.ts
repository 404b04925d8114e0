import * as z from 'zod';
import { accept } from './accept.ts';
import { contentError } from '../../base/content-error.ts';

/** Thousands of entries; a real list has some hundred bytes. */
const MAX_SIZE = 262_144;

/** Names of desktop files. They are joined with blanks in the feature `menu-items`: no blanks. */
const entries = z
  .array(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.:+@-]{0,254}$/, 'is not a desktop file'))
  .readonly();

/**
 * Reads a `whitelisted-appmenus.list`: the desktop files in a qube's menu, one a line.
 * @param file its name in the backup, for messages
 * @throws DamagedError, stage `content`
 */
export function parseAppmenus(untrusted: Uint8Array, file: string): readonly string[] {
  if (untrusted.length > MAX_SIZE) {
    throw contentError(file, `it has ${untrusted.length} bytes, more than ${MAX_SIZE}`);
  }
  const untrustedLines = Buffer.from(untrusted)
    .toString('latin1')
    .split(/\r\n|\n/);
  return accept(
    entries,
    untrustedLines.filter((line) => line !== ''),
    file,
    'entry',
  );
}
