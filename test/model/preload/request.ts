import type { Qube } from '../../../lib/model/qube.ts';

/** A request that has no answer yet. */
export interface Request {
  readonly begun: number;
  /** Those that waited and were outdated already when it was made. */
  readonly outdated: ReadonlySet<string>;
  /** Those that were ready, and those that were on their way. */
  readonly ready: ReadonlySet<string>;
  readonly starting: ReadonlySet<string>;
  readonly failures: number;
  /** The step of the history in which it was made. */
  readonly step: number;
  readonly isAlone: boolean;
}

/** How far one that is handed over was when it was asked for. */
export function kindOf(request: Request, { uuid }: Qube): 'ready' | 'starting' | 'fresh' {
  if (request.ready.has(uuid)) return 'ready';
  return request.starting.has(uuid) ? 'starting' : 'fresh';
}
