import type { Clock } from './clock.ts';

const SECOND_MS = 1000;

/**
 * Waits for something, but not for ever.
 * @returns whether it came about in time
 * @throws whatever it rejects with in that time
 */
export async function within(
  clock: Clock,
  seconds: number,
  awaited: Promise<void>,
  signal?: AbortSignal,
): Promise<boolean> {
  let callOff = (): void => undefined;
  let onAbort = (): void => undefined;
  const givenUp = new Promise<false>((resolve) => {
    onAbort = () => resolve(false);
    callOff = clock.after(seconds * SECOND_MS, onAbort);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([awaited.then(() => true), givenUp]);
  } finally {
    callOff();
    signal?.removeEventListener('abort', onAbort);
  }
}
