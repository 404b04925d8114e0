import { netvm } from '../properties/netvm.ts';
import {
  DNS_SERVERS,
  gateway,
  gateway6,
  mac,
  NETMASK,
  visibleGateway,
  visibleGateway6,
  visibleIp,
  visibleIp6,
  visibleNetmask,
} from '../properties/network.ts';
import { providesNetwork } from '../properties/provides-network.ts';
import type { Qube } from '../qube.ts';
import { withQubesDb } from '../qubesdb-of.ts';

/** Tells a running qube of its network: who it is there, and whom it serves. */
export async function writeNetworkEntries(qube: Qube): Promise<void> {
  await withQubesDb(qube, async (database) => {
    for (const [path, value] of networkEntries(qube)) {
      if (value === null) await database.remove(path);
      else await database.write(path, value);
    }
  });
}

type Entry = readonly [path: string, value: string | null];

/** Null for what a qube on a network is not to have. */
function* networkEntries(qube: Qube): Generator<Entry> {
  yield ['/qubes-vm-type', kindOf(qube)];
  if (qube.get(providesNetwork)) {
    // Of the first only that it is there matters.
    yield ['/qubes-netvm-network', qube.get(gateway)];
    yield ['/qubes-netvm-gateway', qube.get(gateway)];
    yield ['/qubes-netvm-gateway6', qube.get(gateway6)];
    yield ['/qubes-netvm-netmask', NETMASK];
    yield ['/qubes-netvm-primary-dns', DNS_SERVERS[0]];
    yield ['/qubes-netvm-secondary-dns', DNS_SERVERS[1]];
  }
  if (qube.get(netvm) !== null) {
    yield ['/qubes-mac', qube.get(mac)];
    yield ['/qubes-ip', qube.get(visibleIp)];
    yield ['/qubes-netmask', qube.get(visibleNetmask)];
    yield ['/qubes-gateway', qube.get(visibleGateway)];
    yield ['/qubes-primary-dns', DNS_SERVERS[0]];
    yield ['/qubes-secondary-dns', DNS_SERVERS[1]];
    yield ['/qubes-ip6', qube.get(visibleIp6)];
    yield ['/qubes-gateway6', qube.get(visibleGateway6)];
  }
}

/** What it is in the terms of Qubes 3, by which agents still know what to set going. */
function kindOf(qube: Qube): string {
  if (qube.className === 'TemplateVM') return 'TemplateVM';
  if (!qube.get(providesNetwork)) return 'AppVM';
  return qube.get(netvm) === null ? 'NetVM' : 'ProxyVM';
}
