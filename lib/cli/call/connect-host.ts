import type { Socket } from 'node:net';
import { resolve as absolute } from 'node:path';

import { connectOrStart, connectTo, socketPath } from '../../admin/start-host.ts';
import type { SocketName } from '../../admin/start-host.ts';
import { NeedsError } from '../../base/errors.ts';

/** A socket of the host, of an embedded system or of this machine. */
export interface HostSocket {
  readonly path: string;
  /**
   * Connects, and starts the host of an embedded system if none runs.
   * @throws NeedsError
   */
  readonly connect: () => Promise<Socket>;
}

/**
 * Where the host is that executables of services talk to: `QUBES_RPC_ROOT` says which system; else it
 * is that of this machine, qubesd, or ours in its place.
 */
export function hostSocket(env: NodeJS.ProcessEnv, name: SocketName): HostSocket {
  const named = env['QUBES_RPC_ROOT'] ?? '';
  if (named !== '') {
    const root = absolute(named);
    return { path: socketPath(root, name), connect: () => connectOrStart(root, name) };
  }
  const [path, ours] = [`/var/run/${name}.sock`, `/run/qubes-rpcd/${name}.sock`];
  return {
    path,
    connect: async () => {
      const socket = (await connectTo(ours)) ?? (await connectTo(path));
      if (socket !== undefined) return socket;
      throw new NeedsError(`Nobody serves the Admin API on ${path} or ${ours}`);
    },
  };
}
