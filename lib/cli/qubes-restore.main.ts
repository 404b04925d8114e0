import './thread-pool.ts';
import { openBackup, readInfo } from '../archive/open-backup.ts';
import { createLog } from '../base/log.ts';
import { restoreMain } from './restore-program.ts';

const FAULT = 'A fault in qubes-restore itself. Please report it with the lines below.';

const log = createLog();

function endByFault(error: unknown): never {
  log.error({ err: error }, FAULT);
  process.exit(70);
}

process.on('uncaughtException', endByFault);
process.on('unhandledRejection', endByFault);

restoreMain(process.argv.slice(2), process, { openBackup, readInfo }).then(({ status, fault }) => {
  if (fault !== undefined) endByFault(fault);
  // Everything is written; a pipe or a child that is still open must not hold up the end.
  process.exit(status);
}, endByFault);
