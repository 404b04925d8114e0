import { QrexecTransport } from '../../admin/qrexec-transport.ts';
import { connectToDaemon, SocketTransport } from '../../admin/socket-transport.ts';
import { connectOrStart, socketOf } from '../../admin/start-host.ts';
import type { Transport } from '../../admin/transport.ts';
import { systemFolder } from '../system-folder.ts';
import type { Whereabouts } from './rpc-request.ts';

/** The way to the daemon that a request means; by default the embedded system, its host started. */
export function chooseTransport(
  { root, socket, qrexec }: Whereabouts,
  env: NodeJS.ProcessEnv,
): Transport {
  if (qrexec) return new QrexecTransport();
  if (socket !== undefined) return new SocketTransport(() => connectToDaemon(socket));
  const folder = systemFolder(root, env);
  return new SocketTransport((method) => connectOrStart(folder, socketOf(method)));
}
