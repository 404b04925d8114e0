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
    timer = setTimeout(onAbort, seconds * 1000);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([awaited.then(() => true), givenUp]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
