import type { Machine } from '../takeover/machine.ts';
import { readChoice, takeOver } from '../takeover/take-over.ts';
import {
  chosenSystem,
  hasDropIn,
  removeDropIn,
  socketDropIns,
  stockSocketDropIns,
  SYSTEM_DROP_IN,
} from './drop-ins.ts';
import { bringBack, stockUnits } from './stock-units.ts';
import type { Systemd } from './systemd.ts';
import { HOST_UNIT, SOCKET_UNITS, STOCK_UNIT } from './units.ts';

/**
 * Brings back what was before our host was enabled, qubesd too if that was replaced. Done again after
 * it was cut short, it goes on.
 * @returns whether there was anything to do
 * @throws NeedsError when systemd or the disk refuses
 */
export async function disableHost(machine: Machine, systemd: Systemd): Promise<boolean> {
  if (!(await readChoice(machine)).hasHost) return false;
  await systemd.disable(Object.values(SOCKET_UNITS));
  await systemd.stop([HOST_UNIT]);
  for (const { name, inForce } of await stockUnits(machine)) {
    if (inForce === 'ours') await bringBack(machine, name);
  }
  const inPlace = stockSocketDropIns();
  const [first] = inPlace;
  if (first !== undefined && (await hasDropIn(machine, first))) {
    await systemd.unmask(STOCK_UNIT);
    if (await systemd.isEnabled(STOCK_UNIT)) await systemd.start(STOCK_UNIT);
  }
  // The first one last: it says that qubesd was replaced.
  for (const dropIn of inPlace.toReversed()) await removeDropIn(machine, dropIn);
  for (const dropIn of [SYSTEM_DROP_IN, ...socketDropIns(await chosenSystem(machine))]) {
    await removeDropIn(machine, dropIn);
  }
  await systemd.reload();
  await takeOver(machine, (choice) => ({ ...choice, hasHost: false }));
  return true;
}
