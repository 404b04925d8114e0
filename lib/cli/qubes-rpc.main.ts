import { rpcMain } from './rpc/rpc-program.ts';
import { runMain } from './run-main.ts';

runMain('qubes-rpc', () => rpcMain(process.argv.slice(2), process));
