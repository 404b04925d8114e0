import { realpath } from 'node:fs/promises';

import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { Machine } from '../takeover/machine.ts';

/**
 * A folder of a machine by its real path, so that one that is known is known by any link to it, too.
 * What is not there is left as it is.
 * @throws UsageError when it is on another machine
 */
export async function realFolder(machine: Machine, path: string): Promise<string> {
  const found = await realpath(machine.at(path)).catch(() => undefined);
  if (found === undefined || machine.isThis) return found ?? path;
  const root = await realpath(machine.root);
  if (found.startsWith(`${root}/`)) return found.slice(root.length);
  throw new UsageError(`Cannot use the folder ${printable(path)}: it leads out of ${machine.root}`);
}
