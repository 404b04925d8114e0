import './thread-pool.ts';
import { openBackup, readInfo } from '../archive/open-backup.ts';
import { restoreMain } from './restore-program.ts';
import { runMain } from './run-main.ts';

runMain('qubes-restore', () =>
  restoreMain(process.argv.slice(2), process, { openBackup, readInfo }),
);
