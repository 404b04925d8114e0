import { NETWORK } from '../behaviour/network.ts';
import { RUNNING_NETWORK } from '../behaviour/running-network.ts';
import type { ClassPart } from '../class-part.ts';
import { NETWORK_PROPERTIES } from '../properties/network.ts';

/** NetVMMixin: what makes a qube part of a network. */
export const NET_VM_MIXIN: ClassPart = {
  properties: NETWORK_PROPERTIES,
  handlers: [...NETWORK, ...RUNNING_NETWORK],
};
