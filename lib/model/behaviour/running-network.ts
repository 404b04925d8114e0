import { QubesVMInUseError } from '../../base/admin-error.ts';
import { onAction, onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import {
  writeConnectedAddresses,
  writeFirewall,
  writeMappedAddress,
} from '../network/client-entries.ts';
import {
  applyDeferredNetvm,
  forgetDeferredNetvm,
  isDeferred,
  moveDeferred,
} from '../network/deferred-netvm.ts';
import { writeNetworkEntries } from '../network/network-entries.ts';
import { isOfStock } from '../preload/is-of-stock.ts';
import { connectedQubes, netvm } from '../properties/netvm.ts';
import { providesNetwork } from '../properties/provides-network.ts';
import { Qube } from '../qube.ts';
import { isPaused, isRunning } from '../running.ts';

/** What a qube's netvm must know of it while it runs, and it of its netvm. */
export const RUNNING_NETWORK: readonly Handler<Qube>[] = [
  // Before its network card is there, so that nothing passes without rules.
  onAction('domain-pre-spawn', async (qube) => {
    const through = qube.get(netvm);
    if (through === null) return;
    await writeConnectedAddresses(through, qube);
    await writeMappedAddress(through, qube);
    await writeFirewall(through, qube);
  }),
  onAction('domain-qdb-create', async (qube) => {
    await writeNetworkEntries(qube);
    if (!qube.get(providesNetwork)) return;
    await writeConnectedAddresses(qube);
    for (const client of runningClients(qube)) {
      await writeMappedAddress(qube, client);
      await writeFirewall(qube, client);
    }
  }),
  // Rules may have been changed while it was not yet running, and qubes behind it may be waiting.
  onAction('domain-start', async (qube) => {
    const through = qube.get(netvm);
    if (through !== null) await writeFirewall(through, qube);
    if (!qube.get(providesNetwork)) return;
    for (const client of runningClients(qube)) {
      if (isPaused(client)) continue;
      if (isDeferred(client)) await moveDeferred(client);
      else await writeMappedAddress(qube, client);
    }
  }),
  onAction('domain-pre-shutdown', (qube, { force }) => {
    if (!force && qube.get(providesNetwork)) requireNoClients(qube);
  }),
  onAction('domain-shutdown', forgetDeferredNetvm),
  onAction('domain-unpaused', applyDeferredNetvm),
  onAction('firewall-changed', async (qube) => {
    const through = qube.get(netvm);
    if (through !== null && isRunning(qube)) await writeFirewall(through, qube);
  }),
  onAction('net-domain-connect', async (through, { vm }) => {
    if (vm instanceof Qube) await writeFirewall(through, vm);
  }),
  onQube('property-set:netvm', (qube, { newvalue, oldvalue }) => {
    qube.system.later(async () => {
      if (oldvalue instanceof Qube) await writeConnectedAddresses(oldvalue);
      if (newvalue instanceof Qube) await moveTo(newvalue, qube);
    });
  }),
];

async function moveTo(through: Qube, qube: Qube): Promise<void> {
  await writeConnectedAddresses(through);
  if (!isRunning(qube)) return;
  await qube.act('domain-qdb-create', {});
  if (!isPaused(qube)) await writeMappedAddress(through, qube);
  await through.act('net-domain-connect', { vm: qube });
}

function requireNoClients(qube: Qube): void {
  const names = runningClients(qube)
    .filter((client) => !isOfStock(client))
    .map(({ name }) => name);
  if (names.length === 0) return;
  throw new QubesVMInUseError(`There are other VMs connected to this VM: ${names.join(', ')}`);
}

function runningClients(qube: Qube): readonly Qube[] {
  return [...connectedQubes(qube)].filter(isRunning);
}
