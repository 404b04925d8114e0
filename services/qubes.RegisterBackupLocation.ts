import { once } from 'node:events';

import type { ByteReader } from '../lib/base/byte-reader.ts';
import { acceptLocation, MAX_LOCATION_BYTES } from '../lib/location/location-line.ts';
import { LocationRegistry } from '../lib/location/registry.ts';
import { noArgument } from '../lib/rpc/arguments.ts';
import { readLine } from '../lib/rpc/read-line.ts';
import type { Service } from '../lib/rpc/service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

/**
 * The request is a line with the location of a backup, and stays open; the response is the id
 * under which `qubes.RestoreById` sends that backup until the request ends.
 */
export const service: Service<''> = {
  name: 'qubes.RegisterBackupLocation',
  summary: 'Lets qubes.RestoreById read a backup for as long as this call stays open.',
  destination: 'qube',
  argument: noArgument,
  access: { scope: 'global', effect: 'write' },
  async handle({ request, response, signal }) {
    const location = acceptLocation(await readLine(request, MAX_LOCATION_BYTES));
    const registered = await new LocationRegistry().register(location);
    try {
      await response.write(Buffer.from(`${registered.id}\n`));
      await response.end();
      const told = signal.aborted ? undefined : once(signal, 'abort');
      await Promise.race([endOf(request), told]);
    } finally {
      await registered.remove();
    }
    return 0;
  },
};

async function endOf(request: ByteReader): Promise<void> {
  while ((await request.some(Infinity)) !== undefined);
}

runIfMain(import.meta.filename, service);
