import { updateable } from './properties/local.ts';
import { withTemplates } from './properties/template.ts';
import type { Qube } from './qube.ts';
import { isRunning } from './running.ts';
import { outdatedVolumes } from './volumes.ts';

/**
 * Hears what a qube tells of updates, and saves what is noted of it. One that runs what its template
 * no longer is tells of updates that may be installed there by now.
 * @throws StoragePoolException when it cannot be told whether it does
 */
export async function hearOfUpdates(qube: Qube, available: boolean, now: Date): Promise<void> {
  const isOfTheTemplate = available && qube.find(updateable) !== true;
  if (isOfTheTemplate && (await outdatedVolumes(qube)).length > 0) return;
  qube.system.apply(() => noteUpdates(qube, available, now));
  await qube.system.save();
}

/**
 * Notes what a qube has told of updates: for itself, or as a hint for the template it gets them
 * from. A template that runs tells for itself, and no updates in a qube mean nothing for it.
 */
export function noteUpdates(qube: Qube, available: boolean, now: Date): void {
  for (const one of withTemplates(qube)) {
    if (one.find(updateable) !== true) continue;
    if (one === qube || (available && !isRunning(one))) note(one, available, now);
    return;
  }
}

function note({ features }: Qube, available: boolean, now: Date): void {
  const time = printTime(now);
  if (features.isOn('updates-available') && !available) features.set('last-update', time);
  features.set('updates-available', available);
  features.set('last-updates-check', time);
}

/** Local time, as clients read it: `2026-05-01 09:30:00`. */
function printTime(time: Date): string {
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return `${date.map(twoDigits).join('-')} ${clock.map(twoDigits).join(':')}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
