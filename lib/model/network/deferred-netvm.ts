import { reasonOf } from '../../base/errors.ts';
import { callService } from '../call-service.ts';
import { featureWithTemplate } from '../feature-lookup.ts';
import { isPreload } from '../properties/is-preload.ts';
import { netvm } from '../properties/netvm.ts';
import type { Qube } from '../qube.ts';
import { isRunning } from '../running.ts';

/** Name of the netvm that a paused qube still has its network card at; empty for none. */
const FEATURE = 'deferred-netvm-original';
/** Ends when a qube has its network, or turns out to have none. */
const UPLINK = 'qubes.WaitForNetworkUplink';
/** How long a moved qube may take until it has its network. */
const UPLINK_SECONDS = 10;

/** A paused qube cannot be moved to another netvm: notes from which one it is to be moved later. */
export function deferNetvm(qube: Qube, before: Qube | null): void {
  if (!isDeferred(qube)) qube.features.set(FEATURE, before?.name ?? '');
}

/** Whether a qube waits to be moved. */
export function isDeferred(qube: Qube): boolean {
  return qube.features.has(FEATURE);
}

/**
 * Moves a qube that waits for it and goes on now, and waits until it has its network, or will have
 * none; one started ahead of need waits for its use.
 */
export async function applyDeferredNetvm(qube: Qube): Promise<void> {
  if (!isDeferred(qube)) return;
  if (await moveDeferred(qube)) await awaitUplink(qube);
}

/** The same, without waiting for its network. @returns whether it was moved */
export async function moveDeferred(qube: Qube): Promise<boolean> {
  const { system, features } = qube;
  const newvalue = qube.get(netvm);
  if (!isDeferred(qube) || qube.find(isPreload) === true) return false;
  // Its start moves the qubes that wait for it.
  if (newvalue !== null && !isRunning(newvalue)) return false;
  const oldvalue = system.qubes.find(features.get(FEATURE) ?? '') ?? null;
  system.apply(() => {
    const change = { name: netvm.name, newvalue, oldvalue };
    qube.fire('property-pre-set:netvm', change);
    if (newvalue !== null) qube.fire('property-set:netvm', change);
    features.delete(FEATURE);
  });
  await system.save();
  return true;
}

/** One that cannot tell, or has none in time, is not kept from going on. */
async function awaitUplink(qube: Qube): Promise<void> {
  if ((featureWithTemplate(qube, `supported-rpc.${UPLINK}`) ?? '') === '') return;
  try {
    await callService(qube, UPLINK, UPLINK_SECONDS);
  } catch (error) {
    const { log } = qube.system;
    log.warn(`${qube.name}: does not tell that it has its new network: ${reasonOf(error)}`);
  }
}

/** A qube that has stopped gets the card of its present netvm when it starts. */
export async function forgetDeferredNetvm(qube: Qube): Promise<void> {
  if (!isDeferred(qube)) return;
  qube.system.apply(() => void qube.features.delete(FEATURE));
  await qube.system.save();
}
