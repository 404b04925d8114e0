import { QubesValueError } from '../../base/admin-error.ts';
import type { Qube } from '../qube.ts';
import { qubeOrNone } from '../rows.ts';
import { defaultNetvm } from './system.ts';
import { providesNetwork } from './provides-network.ts';

export const netvm = qubeOrNone<Qube>({
  name: 'netvm',
  stage: 4,
  doc: 'Qube that connects this one to the network; none keeps it offline. Default: default_netvm of the system.',
  defaultOf: ({ system }) => system.find(defaultNetvm),
  check: (qube, value) => {
    requireNetwork(value);
    if (qube.presence !== 'loading') requireNoLoop(qube, value);
    return value;
  },
});

/** The netvm of templates: they get their updates in another way. */
export const netvmOfTemplate = {
  ...netvm,
  doc: 'Qube that connects this one to the network; none keeps it offline. Default: none.',
  defaultOf: () => null,
};

/** @throws QubesValueError when a qube does not lend its network to others */
export function requireNetwork(value: Qube | null): void {
  if (value === null || value.find(providesNetwork) === true) return;
  throw new QubesValueError(`The ${value.name} qube does not provide network`);
}

/** @throws QubesValueError when `value` is the qube, or is itself connected through it */
export function requireNoLoop(qube: Qube, value: Qube | null): void {
  if (isUpstream(qube, value)) throw new QubesValueError('Loops in network are unsupported');
}

/** Whether traffic from `from` passes through `qube`. */
export function isUpstream(qube: Qube, from: Qube | null): boolean {
  const seen = new Set<Qube>();
  let next: Qube | null | undefined = from;
  while (next !== null && next !== undefined && !seen.has(next)) {
    if (next === qube) return true;
    seen.add(next);
    next = next.find(netvm);
  }
  return false;
}

/** The qubes that use this one as their netvm. */
export function* connectedQubes(qube: Qube): Generator<Qube> {
  for (const one of qube.system.qubes) if (one.find(netvm) === qube) yield one;
}

/** @throws QubesValueError when others are connected through a qube, or will be by default */
export function requireFreeOfClients(qube: Qube): void {
  if (connectedQubes(qube).next().done !== true) {
    throw new QubesValueError("The qube is still used by other qubes, change theirs 'netvm' first");
  }
  if (qube.system.find(defaultNetvm) === qube) {
    throw new QubesValueError("The qube is still the system's 'default_netvm', change that first");
  }
}

/** Whether a qube lends its network; it goes on as long as others need it. */
export const guardedProvidesNetwork = {
  ...providesNetwork,
  check: (qube: Qube, value: boolean): boolean => {
    if (!value && qube.presence !== 'loading') requireFreeOfClients(qube);
    return value;
  },
};
