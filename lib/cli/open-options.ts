import type { Limits, OpenOptions } from '../archive/api.ts';
import type { InfoOptions } from './restore-doors.ts';
import type { InfoRequest, OpenRequest } from './restore-request.ts';

/** How a request wants its backup opened; what the person left open stays so. */
export function openOptions(request: OpenRequest): Omit<OpenOptions, 'passphrases'> {
  const { compressionFilter, stallTimeout, maxKdfMemory: kdfMemory, maxKdfCost: kdfCost } = request;
  const { jobs, scratch, memory } = request;
  const limits: Partial<Limits> = defined({ memory, kdfMemory, kdfCost });
  return {
    limits,
    everything: wantsEverything(request),
    stallTimeout,
    ...defined({ compressionFilter, jobs, scratch }),
  };
}

/** How a request wants the header read that needs no passphrase. */
export function infoOptions(
  { compressionFilter, stallTimeout }: OpenRequest | InfoRequest,
  signal: AbortSignal,
): InfoOptions {
  return { signal, stallTimeout, ...defined({ compressionFilter }) };
}

function wantsEverything(request: OpenRequest): boolean {
  switch (request.command) {
    case 'list':
    case 'cat':
    // What of the backup is restored is known when its metadata is.
    case 'plan':
    case 'run':
      return false;
    case 'verify':
    case 'extract':
      return request.parts.length === 0 && request.exclude.length === 0;
  }
}

/** The object without its undefined fields. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
