import { watch } from 'node:fs';

import { stopIfCancelled } from './cancelled.ts';
import { SYSTEM_CLOCK } from './clock.ts';
import { NeedsError, reasonOf, systemErrorCode } from './errors.ts';
import { within } from './within.ts';

/** What the system ends it with when it has no more watches to give. */
const NO_MORE = new Set(['ENOSPC', 'EMFILE']);

interface Limits {
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Waits until something holds that can only come about by a change in a folder.
 * @returns whether it came about in time
 * @throws NeedsError when the folder cannot be watched, CancelledError when told to end
 */
export async function watchUntil(
  folder: string,
  holds: () => boolean,
  { patienceMs, signal }: Limits,
): Promise<boolean> {
  let tell: () => void = () => undefined;
  const watcher = watchFolder(folder, () => tell());
  const end = performance.now() + patienceMs;
  try {
    for (;;) {
      // Before it is looked, so that nothing is missed.
      const changed = new Promise<void>((resolve) => (tell = resolve));
      if (holds()) return true;
      const left = (end - performance.now()) / 1000;
      if (left <= 0) return false;
      await within(SYSTEM_CLOCK, left, changed, signal);
      stopIfCancelled(signal);
    }
  } finally {
    watcher.close();
  }
}

function watchFolder(folder: string, onChange: () => void): { close(): void } {
  try {
    const watcher = watch(folder, onChange);
    // The folder went away: what holds then is found out by looking.
    watcher.on('error', onChange);
    return watcher;
  } catch (error) {
    const isLimit = NO_MORE.has(systemErrorCode(error) ?? '');
    const reason = isLimit ? 'the limit of watches is reached (fs.inotify)' : reasonOf(error);
    throw new NeedsError(`Cannot watch ${folder}: ${reason}`, {}, { cause: error });
  }
}
