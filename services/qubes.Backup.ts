import { printable } from '../lib/base/printable.ts';
import { acceptLocation, MAX_LOCATION_BYTES } from '../lib/location/location-line.ts';
import { takeBackup } from '../lib/location/take-backup.ts';
import { noArgument } from '../lib/rpc/arguments.ts';
import { readLine } from '../lib/rpc/read-line.ts';
import type { Service } from '../lib/rpc/service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

/**
 * The request is a line with the location (a folder, a new file, or a command that takes the
 * backup) and then the backup to the end. There is no response but the exit status.
 */
export const service: Service<''> = {
  name: 'qubes.Backup',
  summary: 'Stores a backup in this qube: in a folder, in a new file, or by a command.',
  destination: 'qube',
  argument: noArgument,
  access: { scope: 'global', effect: 'write' },
  async handle({ request, log, signal }) {
    log.info('Starting Backupcopy');
    const location = acceptLocation(await readLine(request, MAX_LOCATION_BYTES));
    log.info(`Arguments: ${printable(location)}`);
    await takeBackup({ location, request, log, signal });
    return 0;
  },
};

runIfMain(import.meta.filename, service);
