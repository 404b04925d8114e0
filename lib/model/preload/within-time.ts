import type { Clock } from '../../base/clock.ts';

const SECOND_MS = 1000;

/**
 * Waits for something, but not for ever.
 * @returns whether it came about in time
 * @throws whatever it rejects with in that time
 */
export async function withinTime(
  clock: Clock,
  seconds: number,
  awaited: Promise<void>,
): Promise<boolean> {
  let callOff = (): void => undefined;
  const late = new Promise<false>((resolve) => {
    callOff = clock.after(seconds * SECOND_MS, () => resolve(false));
  });
  try {
    return await Promise.race([awaited.then(() => true), late]);
  } finally {
    callOff();
  }
}
