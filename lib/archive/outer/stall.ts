import { NotReadableError } from '../../base/errors.ts';
import type { OuterEntry } from './outer-entry.ts';

/**
 * Ends a source that has nothing to say for too long, or when `signal` is aborted while it is waited
 * for. Only the time spent waiting for it counts, not the time it has to wait for us.
 */
export async function* guardStall(
  entries: AsyncIterable<OuterEntry>,
  seconds: number,
  signal: AbortSignal,
): AsyncGenerator<OuterEntry, void, undefined> {
  // Entries and their data come from one source: if it is silent for one, it is for the other.
  const source = { silent: false };
  for await (const entry of guard(entries, seconds, signal, source)) {
    yield { ...entry, data: () => guard(entry.data(), seconds, signal, source) };
  }
}

async function* guard<T>(
  items: AsyncIterable<T>,
  seconds: number,
  signal: AbortSignal,
  source: { silent: boolean },
): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      signal.throwIfAborted();
      let timer: NodeJS.Timeout | undefined;
      let abort = (): void => undefined;
      const over = new Promise<never>((_, reject) => {
        abort = () => {
          source.silent = true;
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', abort, { once: true });
        timer = setTimeout(() => {
          source.silent = true;
          reject(
            new NotReadableError(`Cannot read on: no byte has come for ${seconds} seconds`, {
              stage: 'source',
              hint: 'If the source is only slow, allow more with --stall-timeout.',
            }),
          );
        }, seconds * 1000);
      });
      const next = await Promise.race([iterator.next(), over]).finally(() => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // A source that says nothing would not answer this either.
    if (!source.silent) await iterator.return?.();
  }
}
