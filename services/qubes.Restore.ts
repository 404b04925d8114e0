import { printable } from '../lib/base/printable.ts';
import { acceptLocation, MAX_LOCATION_BYTES } from '../lib/location/location-line.ts';
import {
  MAX_FILTERS_BYTES,
  parseFilters,
  sendBackup,
  shownFilters,
} from '../lib/location/send-backup.ts';
import { noArgument } from '../lib/rpc/arguments.ts';
import { readLine } from '../lib/rpc/read-line.ts';
import type { Service } from '../lib/rpc/service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

/**
 * The request is a line with the location of the backup (a file, or a command that writes it) and
 * a line with filters separated by spaces; then comes the receiver's answer. The response is a
 * qfile stream.
 */
export const service: Service<''> = {
  name: 'qubes.Restore',
  summary: 'Sends a backup that lies in this qube, or the chosen folders of it.',
  destination: 'qube',
  argument: noArgument,
  access: { scope: 'global', effect: 'read' },
  async handle({ request, response, log, signal }) {
    log.info('Starting Restorecopy');
    const location = acceptLocation(await readLine(request, MAX_LOCATION_BYTES));
    const filters = parseFilters(await readLine(request, MAX_FILTERS_BYTES));
    log.info(`Arguments: ${printable(location)}\n${shownFilters(filters)}`);
    return sendBackup({ location, filters, results: request, out: response, log, signal });
  },
};

runIfMain(import.meta.filename, service);
