import { importService } from '../lib/cli/import/import-service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

/** The request is a line with the size in decimal digits, then that many bytes of content. */
export const service = importService(
  'admin.vm.volume.ImportWithSize',
  'Replaces the content of a volume of a halted qube by what is sent, after a line with its size.',
  true,
);

runIfMain(import.meta.filename, service);
