import { contentError } from '../../base/content-error.ts';

/** Limit of `admin.vm.notes.Set`, in bytes. */
const MAX_NOTES = 256_000;

/**
 * Reads the `notes.txt` of a qube: UTF-8, of any content.
 * @param file its name in the backup, for messages
 * @throws DamagedError, stage `content`
 */
export function parseNotes(untrusted: Uint8Array, file: string): string {
  if (untrusted.length > MAX_NOTES) {
    throw contentError(file, `it has ${untrusted.length} bytes, more than ${MAX_NOTES}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(untrusted);
  } catch (error) {
    throw contentError(file, 'it is not UTF-8', error);
  }
}
