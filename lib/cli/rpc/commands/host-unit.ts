import { resolve } from 'node:path';

import { createLog } from '../../../base/log.ts';
import { STOCK_FOLDER } from '../../../model/store/store-owner.ts';
import { disableHost } from '../../switch/disable-host.ts';
import { chosenSystem, replacesStock } from '../../switch/drop-ins.ts';
import { enableHost } from '../../switch/enable-host.ts';
import { stockUnits } from '../../switch/stock-units.ts';
import { systemdOf } from '../../switch/systemd.ts';
import { HOST_UNIT } from '../../switch/units.ts';
import type { Machine } from '../../takeover/machine.ts';
import { readChoice } from '../../takeover/take-over.ts';
import type { RequestFor } from '../rpc-request.ts';
import type { RpcScreen } from '../rpc-screen.ts';

/** `host enable` and `host disable`: whether systemd serves the Admin API of a machine by our host. */
export async function switchHost(
  { action, root = STOCK_FOLDER, replaceQubesd }: RequestFor<'host'>,
  machine: Machine,
  screen: RpcScreen,
): Promise<void> {
  const systemd = systemdOf(machine);
  const log = createLog();
  if (action === 'enable') {
    const task = { machine, systemd, root: resolve(root), replacesStock: replaceQubesd, log };
    for (const message of await enableHost(task)) {
      await screen.warning({ type: 'warning', message });
    }
    await screen.done({ type: 'done', command: 'host enable', root }, 'The host is enabled.');
  } else {
    const wasEnabled = await disableHost(machine, systemd);
    const remark = wasEnabled ? 'The host is disabled.' : 'The host was not enabled.';
    await screen.done({ type: 'done', command: 'host disable' }, remark);
  }
}

/** `host status` of a machine: whether the host is enabled there, and for which system. */
export async function showHostUnit(machine: Machine, screen: RpcScreen): Promise<void> {
  const enabled = (await readChoice(machine)).hasHost;
  const root = await chosenSystem(machine);
  const replacesQubesd = await replacesStock(machine);
  const replacedUnits = (await stockUnits(machine)).flatMap(({ name, inForce }) =>
    inForce === 'ours' ? [name] : [],
  );
  const running = enabled && (await systemdOf(machine).isActive(HOST_UNIT));
  const text = [
    `${HOST_UNIT}: ${enabled ? 'enabled' : 'not enabled'}`,
    ...(enabled ? [`system   ${root}`, `runs     ${running ? 'yes' : 'no'}`] : []),
    ...(replacesQubesd ? ['qubesd   stopped and masked'] : []),
    ...replacedUnits.map((unit) => `unit     ${unit}, in place of that of Qubes OS`),
  ];
  await screen.showText(
    { type: 'unit', unit: HOST_UNIT, enabled, running, root, replacesQubesd, replacedUnits },
    text.join('\n'),
  );
}
