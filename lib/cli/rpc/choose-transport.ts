import { join } from 'node:path';

import { QrexecTransport } from '../../admin/qrexec-transport.ts';
import { ServiceExecutables } from '../../admin/service-executables.ts';
import { connectToDaemon, SocketTransport } from '../../admin/socket-transport.ts';
import { connectOrStart, socketOf } from '../../admin/start-host.ts';
import type { Transport } from '../../admin/transport.ts';
import { systemFolder } from '../system-folder.ts';
import { installedServices } from './install-services.ts';
import type { Whereabouts } from './rpc-request.ts';

/** Where the executables of services are in dom0. */
const DOM0_SERVICES = '/etc/qubes-rpc';

/** Whose daemon those executables speak with. */
const DOM0_SOCKETS = ['/run/qubesd.sock', '/var/run/qubesd.sock'];

/** The way to the daemon that a request means; by default the embedded system, its host started. */
export function chooseTransport(
  { root, socket, qrexec }: Whereabouts,
  env: NodeJS.ProcessEnv,
): Transport {
  if (qrexec) return new QrexecTransport();
  if (socket !== undefined) {
    const asRoot = process.getuid?.() !== 0;
    const executables = new ServiceExecutables({ folders: [DOM0_SERVICES], env: {}, asRoot });
    const isDom0 = DOM0_SOCKETS.includes(socket);
    return new SocketTransport(() => connectToDaemon(socket), isDom0 ? executables : undefined);
  }
  const folder = systemFolder(root, env);
  const executables = new ServiceExecutables({
    folders: [join(folder, 'qubes-rpc'), installedServices()],
    env: { QUBES_RPC_ROOT: folder },
    asRoot: false,
  });
  return new SocketTransport((method) => connectOrStart(folder, socketOf(method)), executables);
}
