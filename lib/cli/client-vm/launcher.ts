import { UsageError } from '../../base/errors.ts';

/** Who calls, and in which system. */
export interface Launcher {
  readonly root: string;
  readonly qube: string;
}

/**
 * Reads from the path this program was started by who calls: `ROOT/run/QUBE/bin/NAME`. What the
 * environment says any service could change for what it starts; a link it would have to make.
 * @throws UsageError for any other path
 */
export function parseLauncher(path: string): Launcher {
  const [, root, qube] = /^(.+)\/run\/([a-zA-Z][a-zA-Z0-9_.-]{0,30})\/bin\/[^/]+$/.exec(path) ?? [];
  if (root !== undefined && qube !== undefined) return { root, qube };
  throw new UsageError('This program is for the services of an embedded qube, which find it there');
}
