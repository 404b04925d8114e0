import type { Machine } from '../takeover/machine.ts';
import { oneAtATime } from '../takeover/one-at-a-time.ts';
import { readChoice, takeOver } from '../takeover/take-over.ts';
import {
  chosenSystem,
  hasDropIn,
  removeDropIn,
  replacesStock,
  socketDropIns,
  stockSocketDropIns,
  SYSTEM_DROP_IN,
  wasMaskedBefore,
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
  return oneAtATime(machine.at(machine.ownUnits), async () => {
    const isEnabled = (await readChoice(machine)).hasHost;
    if (isEnabled || (await hasDropIn(machine, SYSTEM_DROP_IN))) {
      await bringAllBack(machine, systemd);
      return true;
    }
    // What was cut short while it wrote that has left a part of it.
    await removeDropIn(machine, SYSTEM_DROP_IN);
    return false;
  });
}

async function bringAllBack(machine: Machine, systemd: Systemd): Promise<void> {
  // First: it needs nobody, and without our packages nothing would be in force.
  for (const { name, inForce } of await stockUnits(machine)) {
    if (inForce === 'ours') await bringBack(machine, name);
  }
  await systemd.disable(Object.values(SOCKET_UNITS));
  await systemd.stop([HOST_UNIT]);
  await takeOver(machine, (choice) => ({ ...choice, hasHost: false }));
  if ((await replacesStock(machine)) && !(await wasMaskedBefore(machine))) {
    await systemd.unmask(STOCK_UNIT);
    if (await systemd.isEnabled(STOCK_UNIT)) await systemd.start(STOCK_UNIT);
  }
  const dropIns = [...stockSocketDropIns(), ...socketDropIns(await chosenSystem(machine))];
  // Last the one by which it is known that there is something to bring back.
  for (const dropIn of [...dropIns, SYSTEM_DROP_IN]) await removeDropIn(machine, dropIn);
  await systemd.reload();
}
