import type { QubesDb } from '../../qubesdb/qubesdb.ts';
import { filterText } from '../../base/firewall/rule-text.ts';
import type { FirewallRule } from '../../base/firewall/rule.ts';
import { MAX_VALUE } from '../behaviour/feature-rules.ts';
import { awaitExpiry } from '../firewall/expiry.ts';
import { isExpired, readRules } from '../firewall/firewall-file.ts';
import type { Property } from '../property.ts';
import { connectedQubes } from '../properties/netvm.ts';
import { ip, ip6, visibleGateway, visibleIp, visibleIp6 } from '../properties/network.ts';
import type { Qube } from '../qube.ts';
import { withQubesDb } from '../qubesdb-of.ts';
import { isRunning } from '../running.ts';

/** Of a rule in QubesDB, whose firewall sorts them as text. */
const DIGITS = 4;

/**
 * Tells a netvm, where it runs, which addresses may be used behind it: all others are forged.
 * @param starting a qube that is about to use it
 */
export async function writeConnectedAddresses(netvm: Qube, starting?: Qube): Promise<void> {
  await withQubesDb(netvm, async (database) => {
    await database.write('/connected-ips', addressesBehind(netvm, visibleIp, starting));
    await database.write('/connected-ips6', addressesBehind(netvm, visibleIp6, starting));
  });
}

/** Tells a netvm, where it runs, under which addresses a qube sees itself and its gateway. */
export async function writeMappedAddress(netvm: Qube, qube: Qube): Promise<void> {
  const base = `/mapped-ip/${qube.get(ip) ?? ''}`;
  await withQubesDb(netvm, async (database) => {
    for (const [name, row] of [
      ['visible-ip', visibleIp],
      ['visible-gateway', visibleGateway],
    ] as const) {
      const address = qube.get(row);
      if (address === null) await database.remove(`${base}/${name}`);
      else await database.write(`${base}/${name}`, address);
    }
  });
}

/**
 * Brings the firewall rules of a qube to its netvm, where that runs: for each of its addresses the
 * policy and the rules that can concern it, then the entry that its firewall waits for.
 */
export async function writeFirewall(netvm: Qube, qube: Qube): Promise<void> {
  await withQubesDb(netvm, async (database) => {
    const rules = await rulesOrNone(qube);
    awaitExpiry(qube, rules);
    for (const [address, otherFamily] of [
      [qube.get(ip), 'dst6'],
      [qube.get(ip6), 'dst4'],
    ] as const) {
      if (address === null) continue;
      const base = `/qubes-firewall/${address}`;
      const entries = [...rules.entries()]
        .filter(([, rule]) => !isExpired(rule) && rule[otherFamily] === undefined)
        .map(([index, rule]) => [String(index).padStart(DIGITS, '0'), filterText(rule)] as const);
      try {
        await writeEntries(database, base, entries);
      } catch (error) {
        // Where there is no room for all of them nothing passes, as without rules.
        await writeEntries(database, base, []);
        throw error;
      }
    }
  });
}

async function writeEntries(
  database: QubesDb,
  base: string,
  entries: readonly (readonly [number: string, rule: string])[],
): Promise<void> {
  await database.remove(`${base}/`);
  await database.write(`${base}/policy`, 'drop');
  for (const [number, rule] of entries) await database.write(`${base}/${number}`, rule);
  await database.write(base, '');
}

/** Where there are more than fit in, those of qubes that do not run are left out. */
function addressesBehind(
  netvm: Qube,
  row: Property<Qube, string | null>,
  starting: Qube | undefined,
): string {
  const clients = [...connectedQubes(netvm)];
  const all = list(clients, row);
  if (all.length <= MAX_VALUE) return all;
  return list(
    clients.filter((client) => client === starting || isRunning(client)),
    row,
  );
}

function list(clients: readonly Qube[], row: Property<Qube, string | null>): string {
  return clients.flatMap((client) => client.get(row) ?? []).join(' ');
}

/** A qube whose rules nobody can read gets nothing through: without them, all would be let pass. */
async function rulesOrNone(qube: Qube): Promise<readonly FirewallRule[]> {
  try {
    return await readRules(qube);
  } catch (error) {
    qube.system.log.error({ err: error }, `All traffic of ${qube.name} is dropped`);
    return [];
  }
}
