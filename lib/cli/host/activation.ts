import type { SocketName } from '../../admin/start-host.ts';
import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';

/** First descriptor that systemd hands over: `SD_LISTEN_FDS_START` of sd_listen_fds(3). */
const FIRST_DESCRIPTOR = 3;

/** In the order in which they are taken when they have no names. */
export const SOCKET_NAMES: readonly SocketName[] = ['qubesd', 'qubesd.internal', 'qubesd.misc'];

/**
 * The sockets that systemd opened for this process, by the protocol of sd_listen_fds(3). Units
 * name them with `FileDescriptorName=`, or leave it at the name of the unit, `qubesd.socket`;
 * without names their order counts. The variables are taken away: they do not concern children.
 * @returns descriptors by socket, empty when there are none
 * @throws UsageError when a socket is none of ours
 */
export function takeSockets(env: NodeJS.ProcessEnv, pid: number): ReadonlyMap<SocketName, number> {
  const { LISTEN_PID: forPid, LISTEN_FDS: count, LISTEN_FDNAMES: names } = env;
  delete env['LISTEN_PID'];
  delete env['LISTEN_FDS'];
  delete env['LISTEN_FDNAMES'];
  const sockets = new Map<SocketName, number>();
  if (forPid !== String(pid) || count === undefined) return sockets;
  if (!/^[1-9][0-9]{0,2}$/.test(count)) throw new UsageError('LISTEN_FDS is no number of sockets');
  const given = names === undefined || names === '' ? [] : names.split(':');
  for (let index = 0; index < Number(count); index++) {
    const name = socketName(given[index], index);
    if (sockets.has(name)) throw new UsageError(`Two sockets are handed over as ${name}`);
    sockets.set(name, FIRST_DESCRIPTOR + index);
  }
  return sockets;
}

function socketName(untrusted: string | undefined, index: number): SocketName {
  // What a socket without a name is called by sd_listen_fds_with_names(3).
  const isNamed = untrusted !== undefined && untrusted !== 'unknown';
  const name = isNamed
    ? SOCKET_NAMES.find((one) => one === untrusted.replace(/\.sock(et)?$/, ''))
    : SOCKET_NAMES[index];
  if (name !== undefined) return name;
  throw new UsageError(
    `A socket is handed over that is none of ${SOCKET_NAMES.join(', ')}: ${printable(untrusted ?? '')}`,
  );
}
