import { awaitExpiry } from '../firewall/expiry.ts';
import { readRules } from '../firewall/firewall-file.ts';
import { connectedQubes, netvm } from '../properties/netvm.ts';
import type { Qube } from '../qube.ts';
import { isRunning } from '../running.ts';
import { writeFirewall } from './client-entries.ts';

/** Takes up the firewall of a qube that has run while nobody was there: rules may have expired. */
export async function resumeNetwork(qube: Qube): Promise<void> {
  if ((qube.find(netvm) ?? null) !== null) awaitExpiry(qube, await readRules(qube));
  for (const client of connectedQubes(qube)) {
    if (isRunning(client)) await writeFirewall(qube, client);
  }
}
