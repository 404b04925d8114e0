import { UsageError } from '../lib/base/errors.ts';
import { printable } from '../lib/base/printable.ts';
import { LOCATION_ID, LocationRegistry } from '../lib/location/registry.ts';
import {
  MAX_FILTERS_BYTES,
  parseFilters,
  sendBackup,
  shownFilters,
} from '../lib/location/send-backup.ts';
import { readLine } from '../lib/rpc/read-line.ts';
import type { Service } from '../lib/rpc/service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

const INVALID_ID = 'Invalid location ID';

/**
 * As `qubes.Restore`, from a location that was registered before: the argument is its id, and the
 * request begins with the line of filters.
 */
export const service: Service<string> = {
  name: 'qubes.RestoreById',
  summary: 'Sends a backup whose location was registered by qubes.RegisterBackupLocation.',
  destination: 'qube',
  argument: acceptId,
  access: { scope: 'global', effect: 'read' },
  async handle({ argument, request, response, log, signal }) {
    const location = await new LocationRegistry().lookUp(argument);
    if (location === undefined) {
      log.error(INVALID_ID);
      return 1;
    }
    log.info('Starting Restorecopy');
    const filters = parseFilters(await readLine(request, MAX_FILTERS_BYTES));
    log.info(`Backup location: ${printable(location)}\n${shownFilters(filters)}`);
    return sendBackup({ location, filters, results: request, out: response, log, signal });
  },
};

function acceptId(untrusted: string): string {
  if (untrusted === '') throw new UsageError('Missing backup location ID argument');
  if (!LOCATION_ID.test(untrusted)) throw new UsageError(INVALID_ID);
  return untrusted;
}

runIfMain(import.meta.filename, service);
