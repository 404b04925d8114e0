import { randomBytes } from 'node:crypto';

import { QubesException } from '../../base/admin-error.ts';
import { userOf } from '../default-user.ts';
import { featureWithTemplate } from '../feature-lookup.ts';
import { debug, updateable } from '../properties/local.ts';
import { printValue } from '../property.ts';
import { templateOf } from '../properties/template.ts';
import type { Qube } from '../qube.ts';
import { withQubesDb } from '../qubesdb-of.ts';

const SEED_BYTES = 64;

/**
 * Writes what every qube finds in its database when it starts; see "Keys set by dom0" in the
 * description of QubesDB. What only some have is written by handlers of `domain-qdb-create`.
 * @throws QubesException when it has no database: it was killed
 */
export async function fillDatabase(qube: Qube): Promise<void> {
  const isFilled = await withQubesDb(qube, async (database) => {
    for (const [path, value] of entriesOf(qube)) await database.write(path, value);
    return true;
  });
  if (isFilled === undefined) {
    throw new QubesException('qubesdb not connected, VM was killed in the meantime');
  }
}

function* entriesOf(qube: Qube): Generator<readonly [path: string, value: string]> {
  const isUpdated = qube.get(updateable);
  yield ['/name', qube.name];
  yield ['/type', qube.className];
  yield ['/default-user', userOf(qube)];
  yield ['/qubes-vm-updateable', printValue(isUpdated)];
  yield ['/qubes-vm-persistence', persistence(qube, isUpdated)];
  yield ['/qubes-debug-mode', qube.get(debug) ? '1' : '0'];
  yield ['/qubes-base-template', templateOf(qube)?.name ?? ''];
  yield ['/qubes-random-seed', randomBytes(SEED_BYTES).toString('base64')];
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ((featureWithTemplate(qube, 'anon-timezone') ?? '') === '') yield ['/qubes-timezone', zone];
  yield ['/qubes-block-devices', ''];
  yield ['/qubes-usb-devices', ''];
}

/** Which of its volumes outlive a shutdown. */
function persistence({ className }: Qube, isUpdated: boolean): string {
  if (className === 'DispVM') return 'none';
  return isUpdated ? 'full' : 'rw-only';
}
