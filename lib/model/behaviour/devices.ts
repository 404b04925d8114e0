import { attachAssigned } from '../devices/auto-attach.ts';
import { DEVICE_KINDS } from '../devices/classes.ts';
import { devicesChanged, devicesGone, rememberOwn, takeStock } from '../devices/follow-devices.ts';
import { onAction } from '../events.ts';
import type { Handler } from '../events.ts';
import type { Qube } from '../qube.ts';
import { endWatches, watchQubesDb } from '../watch-qubesdb.ts';

const WATCHED = DEVICE_KINDS.flatMap(({ watched }) => watched ?? []);

/** Devices come and go with the qubes that have them and the qubes that use them. */
export const DEVICES: readonly Handler<Qube>[] = [
  onAction('domain-qdb-create', (qube) => watchQubesDb(qube, WATCHED)),
  ...DEVICE_KINDS.flatMap((kind) => {
    if (kind.watched === undefined) return [];
    return [
      onAction<Qube, `domain-qdb-change:${string}`>(`domain-qdb-change:${kind.watched}`, (qube) =>
        devicesChanged(qube, kind),
      ),
    ];
  }),
  onAction('domain-start', async (qube) => {
    rememberOwn(qube);
    await attachAssigned(qube);
  }),
  onAction('domain-shutdown', async (qube) => {
    await endWatches(qube);
    await devicesGone(qube);
  }),
];

/**
 * Follows the devices of a qube that runs already: the host was started after it. To be called with
 * the lock of the qube held.
 */
export async function followDevices(qube: Qube): Promise<void> {
  await watchQubesDb(qube, WATCHED);
  await takeStock(qube);
}
