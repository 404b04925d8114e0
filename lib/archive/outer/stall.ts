import { NotReadableError } from '../../base/errors.ts';
import type { OuterEntry } from './outer-entry.ts';

/**
 * Ends a source that has nothing to say for too long, or when `signal` is aborted while it is
 * silent. Only the time spent waiting for it counts, not the time it has to wait for us.
 */
export async function* guardStall(
  entries: AsyncIterable<OuterEntry>,
  seconds: number,
  signal: AbortSignal,
): AsyncGenerator<OuterEntry, void, undefined> {
  // Shared by the entries and their data: both wait for the one source.
  const patience: Patience = { seconds, signal, lost: false };
  for await (const entry of guard(entries, patience)) {
    yield { ...entry, data: () => guard(entry.data(), patience) };
  }
}

interface Patience {
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** True when the source was left while it was silent. */
  lost: boolean;
}

async function* guard<T>(
  source: AsyncIterable<T>,
  patience: Patience,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await waitFor(iterator.next(), patience);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // A silent source would not answer this either.
    if (!patience.lost) await iterator.return?.();
  }
}

async function waitFor<T>(next: Promise<T>, patience: Patience): Promise<T> {
  const { seconds, signal } = patience;
  let stop = (): void => undefined;
  const lost = new Promise<never>((_, reject) => {
    const lose = (error: Error): void => {
      patience.lost = true;
      reject(error);
    };
    const aborted = (): void => lose(signal.reason as Error);
    const timer = setTimeout(() => lose(stalledError(seconds)), seconds * 1000);
    signal.addEventListener('abort', aborted, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    };
    if (signal.aborted) aborted();
  });
  return await Promise.race([next, lost]).finally(stop);
}

function stalledError(seconds: number): NotReadableError {
  return new NotReadableError(`Cannot read on: no byte has come for ${seconds} seconds`, {
    stage: 'source',
    hint: 'If the source is only slow, allow more with --stall-timeout.',
  });
}
