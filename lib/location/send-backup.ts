import { sendQfile } from '../archive/outer/qfile-send.ts';
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteSink } from '../base/byte-sink.ts';
import { UsageError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { printable } from '../base/printable.ts';
import { readLocation } from './read-location.ts';
import { resolveLocation, type BackupLocation } from './resolve-location.ts';

/** Longest list of filters in bytes: ten thousand qubes. */
export const MAX_FILTERS_BYTES = 256 * 1024;

const MAX_SHOWN = 4096;

/**
 * The filters in a line as a client sends it: words separated by spaces, nothing else.
 * @throws UsageError
 */
export function parseFilters(untrustedLine: string): string[] {
  if (/[\0\n]/.test(untrustedLine)) throw new UsageError('A filter holds a NUL');
  return untrustedLine.split(' ').filter((word) => word !== '');
}

export interface BackupRequest {
  readonly location: string;
  readonly filters: readonly string[];
  /** Where the receiver's answer comes from. */
  readonly results: ByteReader;
  readonly out: ByteSink;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Sends the backup at a location as a qfile stream and tells on the log what it does, in the words
 * of the stock services.
 * @returns exit status: 0, or 2 for a location that is neither a file nor a command
 * @throws QubesRpcError when the archive or the transfer fails
 */
export async function sendBackup(request: BackupRequest): Promise<number> {
  const { filters, results, out, log, signal } = request;
  const shown = printable(request.location, MAX_SHOWN);
  let location: BackupLocation;
  try {
    location = await resolveLocation(request.location);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    log.error(error.message);
    return 2;
  }
  log.info(
    location.kind === 'file'
      ? `Performing restore from backup file ${shown}\nCopying ${shown} to STDOUT`
      : `Checking if arguments is matching a command\nRedirecting ${shown} to STDOUT`,
  );
  await sendQfile(readLocation(location, signal), filters, out, results);
  return 0;
}

/** The line with which the stock services repeat the filters. */
export function shownFilters(filters: readonly string[]): string {
  return `Paths: ${printable(filters.join(' '), MAX_SHOWN)}`;
}
