import { isPreload } from '../properties/is-preload.ts';
import { netvm } from '../properties/netvm.ts';
import type { Qube } from '../qube.ts';
import { isRunning } from '../running.ts';

/** Name of the netvm that a paused qube still has its network card at; empty for none. */
const FEATURE = 'deferred-netvm-original';

/** A paused qube cannot be moved to another netvm: notes from which one it is to be moved later. */
export function deferNetvm(qube: Qube, before: Qube | null): void {
  if (!isDeferred(qube)) qube.features.set(FEATURE, before?.name ?? '');
}

/** Whether a qube waits to be moved. */
export function isDeferred(qube: Qube): boolean {
  return qube.features.has(FEATURE);
}

/** Moves a qube that waits for it and goes on now; one started ahead of need waits for its use. */
export async function applyDeferredNetvm(qube: Qube): Promise<void> {
  const { system, features } = qube;
  const newvalue = qube.get(netvm);
  if (!isDeferred(qube) || qube.find(isPreload) === true) return;
  // Its start moves the qubes that wait for it.
  if (newvalue !== null && !isRunning(newvalue)) return;
  const oldvalue = system.qubes.find(features.get(FEATURE) ?? '') ?? null;
  system.apply(() => {
    const change = { name: netvm.name, newvalue, oldvalue };
    qube.fire('property-pre-set:netvm', change);
    if (newvalue !== null) qube.fire('property-set:netvm', change);
    features.delete(FEATURE);
  });
  await system.save();
}

/** A qube that has stopped gets the card of its present netvm when it starts. */
export async function forgetDeferredNetvm(qube: Qube): Promise<void> {
  if (!isDeferred(qube)) return;
  qube.system.apply(() => void qube.features.delete(FEATURE));
  await qube.system.save();
}
