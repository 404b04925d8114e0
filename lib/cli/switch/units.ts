import type { SocketName } from '../../admin/start-host.ts';

/** The unit of the host. */
export const HOST_UNIT = 'qubes-rpcd.service';

/** The units of its sockets: they start it when somebody calls. */
export const SOCKET_UNITS: Readonly<Record<SocketName, string>> = {
  qubesd: 'qubes-rpcd.socket',
  'qubesd.internal': 'qubes-rpcd-internal.socket',
  'qubesd.misc': 'qubes-rpcd-misc.socket',
};

/** The unit of the daemon of Qubes OS. */
export const STOCK_UNIT = 'qubesd.service';

/** Where that daemon listens. */
export function stockSocket(socket: SocketName): string {
  return `/run/${socket}.sock`;
}
