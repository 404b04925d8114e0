import { QubesVMNotStartedError } from '../../base/admin-error.ts';
import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { deferNetvm } from '../network/deferred-netvm.ts';
import {
  connectedQubes,
  netvm,
  requireFreeOfClients,
  requireNetwork,
  requireNoLoop,
} from '../properties/netvm.ts';
import { providesNetwork } from '../properties/provides-network.ts';
import { Qube } from '../qube.ts';
import { isPaused, isRunning } from '../running.ts';

/** What holds between the qubes of a network, and what each must hear when it changes. */
export const NETWORK: readonly Handler<Qube>[] = [
  onQube('property-pre-set:netvm', (qube, { newvalue, oldvalue }) => {
    if (newvalue instanceof Qube && isRunning(qube) && !isRunning(newvalue)) {
      throw new QubesVMNotStartedError(
        `Cannot dynamically attach to stopped qube ${newvalue.name}`,
      );
    }
    if (isPaused(qube)) deferNetvm(qube, oldvalue instanceof Qube ? oldvalue : null);
  }),
  // Going back to the default is a change like any other, and judged and announced as one.
  onQube('property-pre-reset:netvm', (qube, { oldvalue = null }) => {
    const newvalue = defaultNetvmOf(qube);
    requireNetwork(newvalue);
    requireNoLoop(qube, newvalue);
    if (newvalue !== oldvalue) {
      qube.fire('property-pre-set:netvm', { name: netvm.name, newvalue, oldvalue });
    }
  }),
  onQube('property-reset:netvm', (qube, { oldvalue = null }) => {
    const newvalue = qube.find(netvm) ?? null;
    if (newvalue !== oldvalue) {
      qube.fire('property-set:netvm', { name: netvm.name, newvalue, oldvalue });
    }
  }),
  onQube('property-pre-reset:provides_network', requireFreeOfClients),
  onQube('property-set:provides_network', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) announceGateways(qube);
  }),
  onQube('property-reset:provides_network', announceGateways),
  onQube('property-set:ip', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) announceAddress(qube, '');
  }),
  onQube('property-reset:ip', (qube) => announceAddress(qube, '')),
  onQube('property-set:ip6', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) announceAddress(qube, '6');
  }),
  onQube('property-reset:ip6', (qube) => announceAddress(qube, '6')),
  ...onFeatureChange('net.fake-ip', (qube) => announceAddress(qube, '')),
  ...onFeatureChange('net.fake-gateway', (qube) => announce(qube, 'visible_gateway')),
  ...onFeatureChange('net.fake-netmask', (qube) => announce(qube, 'visible_netmask')),
  ...onFeatureChange('ipv6', (qube) => announceAddress(qube, '6')),
];

function onFeatureChange(feature: string, tell: (qube: Qube) => void): readonly Handler<Qube>[] {
  return [
    onQube(`domain-feature-set:${feature}`, (qube, { value, oldvalue }) => {
      if (value !== oldvalue) tell(qube);
    }),
    onQube(`domain-feature-delete:${feature}`, tell),
  ];
}

function defaultNetvmOf(qube: Qube): Qube | null {
  const value = qube.defaultOf(netvm);
  return value instanceof Qube ? value : null;
}

function announceGateways(qube: Qube): void {
  announce(qube, 'gateway');
  announce(qube, 'gateway6');
}

/** An address has changed, and with it what others have as their gateway. */
function announceAddress(qube: Qube, family: '' | '6'): void {
  if (qube.get(providesNetwork)) announce(qube, `gateway${family}`);
  announce(qube, `visible_ip${family}`);
  for (const client of connectedQubes(qube)) announce(client, `visible_gateway${family}`);
}

function announce(qube: Qube, name: string): void {
  if (qube.properties.find(name) !== undefined) qube.fire(`property-reset:${name}`, { name });
}
