import { LONGEST_MS } from './clock.ts';

/**
 * Waits for something, but not for ever.
 * @returns whether it came about in time
 */
export async function within(
  seconds: number,
  awaited: Promise<void>,
  signal?: AbortSignal,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const givenUp = new Promise<false>((resolve) => {
    onAbort = () => resolve(false);
    timer = setTimeout(onAbort, Math.min(seconds * 1000, LONGEST_MS));
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([awaited.then(() => true), givenUp]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
