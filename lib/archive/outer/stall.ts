import { NotReadableError } from '../../base/errors.ts';
import type { OuterEntry } from './outer-entry.ts';

/**
 * Ends a source that has nothing to say for too long. Only the time spent waiting for it counts,
 * not the time it has to wait for us.
 */
export async function* guardStall(
  entries: AsyncIterable<OuterEntry>,
  seconds: number,
): AsyncGenerator<OuterEntry, void, undefined> {
  for await (const entry of guard(entries, seconds)) {
    yield { ...entry, data: () => guard(entry.data(), seconds) };
  }
}

async function* guard<T>(
  source: AsyncIterable<T>,
  seconds: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let stalled = false;
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          stalled = true;
          reject(
            new NotReadableError(`Cannot read on: no byte has come for ${seconds} seconds`, {
              stage: 'source',
              hint: 'If the source is only slow, allow more with --stall-timeout.',
            }),
          );
        }, seconds * 1000);
      });
      const next = await Promise.race([iterator.next(), timeout]).finally(() =>
        clearTimeout(timer),
      );
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // A stalled source would not answer this either.
    if (!stalled) await iterator.return?.();
  }
}
