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
