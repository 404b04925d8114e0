import { join } from 'node:path';

import { connectToDaemon, SocketTransport } from '../../lib/admin/socket-transport.ts';
import { connectTo, socketOf, socketPath } from '../../lib/admin/start-host.ts';
import { runProgram } from './run-program.ts';
import { builtFolder } from './service-process.ts';

/**
 * Calls the host of an embedded system, which the program starts as it is installed when there is
 * none: its sources are compiled at each start, and that takes a busy machine too long.
 */
export function installedHost(root: string): SocketTransport {
  return new SocketTransport(async (method) => {
    const path = socketPath(root, socketOf(method));
    const there = await connectTo(path);
    if (there !== undefined) return there;
    const rpc = join(await builtFolder(), 'bin', 'qubes-rpc');
    await runProgram(rpc, ['ls'], { env: { QUBES_RPC_ROOT: root } });
    return connectToDaemon(path);
  });
}
