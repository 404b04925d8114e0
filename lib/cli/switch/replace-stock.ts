import { readlink } from 'node:fs/promises';

import type { App } from '../../model/app.ts';
import type { Machine } from '../takeover/machine.ts';
import { readChoice } from '../takeover/take-over.ts';
import { replacesStock, wasMaskedBefore } from './drop-ins.ts';
import { findOtherDaemon, requireNoneRuns } from './host-place.ts';
import { check, type HostSwitch, inUse } from './host-switch.ts';
import type { Undo } from './undo.ts';
import { STOCK_UNIT } from './units.ts';

/**
 * Stops and masks qubesd, and sees what is then in its place.
 * @param wasMasked whether a person had done so before
 * @returns the system as qubesd has left it; undefined where our host has it
 * @throws NeedsError when systemd refuses, or there is something that the host cannot go on with
 */
export async function replaceStock(
  task: HostSwitch,
  wasMasked: boolean,
  undo: Undo,
): Promise<App | undefined> {
  const { machine, systemd, root } = task;
  const ran = await systemd.isActive(STOCK_UNIT);
  await undo.step(
    () => systemd.mask(STOCK_UNIT),
    async () => {
      if (wasMasked) return;
      await systemd.unmask(STOCK_UNIT);
      if (ran) await systemd.start(STOCK_UNIT);
    },
  );
  // Who has the store then is our host.
  if (!ran && (await readChoice(machine)).hasHost) return undefined;
  const user = await findOtherDaemon(machine, root);
  if (user !== undefined) throw inUse(user, 'It is not ended by stopping qubesd: end it first.');
  // Until it was stopped it may have changed the store, and started qubes.
  await requireNoneRuns(machine);
  return check(task);
}

/** Whether a person has masked qubesd: what we have masked is written down. */
export async function isMaskedByPerson(machine: Machine): Promise<boolean> {
  if (await replacesStock(machine)) return wasMaskedBefore(machine);
  const link = await readlink(machine.at(machine.ownUnits, STOCK_UNIT)).catch(() => undefined);
  return link === '/dev/null';
}
