import type { Choice } from './choice.ts';
import type { InstalledService } from './installed-services.ts';
import type { Machine } from './machine.ts';
import { OUR_MARK } from './whose.ts';

/** A name that qrexec finds before those of others: a link, or a small file. */
export type Entry = {
  /** Of the machine. */
  readonly folder: string;
  readonly name: string;
} & ({ readonly link: string } | { readonly text: string });

/** What qrexec is told of a service: of one without anything of its own, that stock's does not count. */
const NO_CONFIG = `${OUR_MARK}\n`;
/** A call of the host is over with its answer, also where the caller goes on sending. */
const SOCKET_CONFIG = `${OUR_MARK}\nexit-on-service-eof=true\n`;

/** What a choice makes of the folders that qrexec searches first. */
export function entriesOf(
  machine: Machine,
  installed: readonly InstalledService[],
  { services, hasHost }: Choice,
): readonly Entry[] {
  return installed.flatMap((service) => {
    const bySocket = hasHost && service.socket !== undefined;
    return bySocket || services.has(service.name) ? entriesFor(machine, service, bySocket) : [];
  });
}

function entriesFor(
  machine: Machine,
  { name, socket, hasConfig }: InstalledService,
  bySocket: boolean,
): readonly Entry[] {
  const { entries, configs } = machine;
  const config = { folder: configs, name };
  if (bySocket && socket !== undefined) {
    return [
      { folder: entries, name, link: machine.linkFrom(entries, 'socket', `${socket}.sock`) },
      { ...config, text: SOCKET_CONFIG },
    ];
  }
  return [
    { folder: entries, name, link: machine.linkFrom(entries, 'services', name) },
    hasConfig
      ? { ...config, link: machine.linkFrom(configs, 'rpc-config', name) }
      : { ...config, text: NO_CONFIG },
  ];
}
