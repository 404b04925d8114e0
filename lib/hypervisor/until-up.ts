import { basename, dirname } from 'node:path';

import { QubesException } from '../base/admin-error.ts';
import { printable } from '../base/printable.ts';
import { watchUntil } from '../base/watch-until.ts';
import { DomainFile } from './domain-file.ts';

/**
 * Waits, in a service of an embedded qube, until that qube is up.
 * @param runtime folder of the qube, `ROOT/run/NAME`
 * @throws QubesException when it does not run, or ends before it is up
 */
export async function untilUp(runtime: string): Promise<void> {
  const run = dirname(runtime);
  const name = basename(runtime);
  const domains = new DomainFile(dirname(run));
  await watchUntil(run, () => isUp(domains, name), { patienceMs: Infinity });
}

function isUp(file: DomainFile, name: string): boolean {
  const domains = file.load();
  // A folder with nothing but homes: there is no machine in it.
  if (domains === undefined) return true;
  const found = [...domains.byUuid.values()].find((domain) => domain.name === name);
  if (found === undefined) throw new QubesException(`${printable(name)} does not run`);
  return found.state === 'Running';
}
