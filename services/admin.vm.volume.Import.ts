import { importService } from '../lib/cli/import/import-service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

/** The request is the content, exactly as many bytes as the volume has. */
export const service = importService(
  'admin.vm.volume.Import',
  'Replaces the content of a volume of a halted qube by what is sent.',
  false,
);

runIfMain(import.meta.filename, service);
