import { clientMain } from './client-vm/client-main.ts';
import { runMain } from './run-main.ts';

runMain('qrexec-client-vm', () => clientMain(process.argv.slice(1), process));
