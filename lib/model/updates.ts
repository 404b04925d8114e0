import { updateable } from './properties/local.ts';
import { withTemplates } from './properties/template.ts';
import type { Qube } from './qube.ts';
import { isRunning } from './running.ts';

/** What a qube tells of updates. */
export interface UpdateNotice {
  readonly available: boolean;
  /** It runs from an older state of its template, which may have been updated since. */
  readonly isOutdated: boolean;
}

/**
 * Notes what a qube has told of updates: for itself, or as a hint for the template it gets them
 * from. A template that runs tells for itself, and no updates in a qube mean nothing for it.
 */
export function noteUpdates(qube: Qube, { available, isOutdated }: UpdateNotice, now: Date): void {
  for (const one of withTemplates(qube)) {
    if (one.find(updateable) !== true) continue;
    const isHint = available && !isOutdated && !isRunning(one);
    if (one === qube || isHint) note(one, available, now);
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
