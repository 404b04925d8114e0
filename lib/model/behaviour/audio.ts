import { QubesVMInUseError } from '../../base/admin-error.ts';
import { onAction, onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { isOfStock } from '../preload/is-of-stock.ts';
import { audiovm } from '../properties/local.ts';
import type { Qube } from '../qube.ts';
import { withQubesDb, writeLater } from '../qubesdb-of.ts';
import { isRunning } from '../running.ts';
import { xidOf } from '../xid.ts';

const DOMAIN = '/qubes-audio-domain-xid';

/** What a qube must know of its sound: who plays it. */
export const AUDIO: readonly Handler<Qube>[] = [
  onAction('domain-qdb-create', async (qube) => {
    const player = playerOf(qube);
    if (player !== undefined) {
      await withQubesDb(qube, (database) => database.write(DOMAIN, player));
    }
  }),
  // Those it plays for may have been started before it.
  onAction('domain-start', async (qube) => {
    for (const heard of heardFrom(qube)) {
      await withQubesDb(heard, (database) => database.write(DOMAIN, xidOf(qube)));
    }
  }),
  onAction('domain-pre-shutdown', (qube, { force }) => {
    const heard = heardFrom(qube).filter((other) => !isOfStock(other));
    if (force || heard.length === 0) return;
    throw new QubesVMInUseError(
      `There are running VMs using this VM as AudioVM: ${heard.map(({ name }) => name).join(', ')}`,
    );
  }),
  onQube('property-set:audiovm', tell),
  onQube('property-reset:audiovm', tell),
];

function tell(qube: Qube): void {
  writeLater(qube, DOMAIN, playerOf(qube));
}

/** @returns undefined where nobody plays its sound at present */
function playerOf(qube: Qube): string | undefined {
  const player = qube.find(audiovm) ?? null;
  if (player === null || player === qube || !isRunning(player)) return undefined;
  return xidOf(player);
}

/** The running qubes whose sound a qube plays. */
function heardFrom(qube: Qube): readonly Qube[] {
  return [...qube.system.qubes].filter(
    (other) => other !== qube && other.find(audiovm) === qube && isRunning(other),
  );
}
