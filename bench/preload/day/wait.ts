import type { Clock } from '../../../lib/base/clock.ts';

/** Resolves when so many seconds have gone by. */
export function wait(clock: Clock, seconds: number): Promise<void> {
  return new Promise((resolve) => void clock.after(seconds * 1000, resolve));
}
