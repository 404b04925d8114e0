import { hasUnits } from '../switch/host-place.ts';
import { Machine } from '../takeover/machine.ts';
import { showHostUnit, switchHost } from './commands/host-unit.ts';
import { showOrSwitchServices } from './commands/services.ts';
import type { RequestFor } from './rpc-request.ts';
import type { RpcScreen } from './rpc-screen.ts';

/** What is switched on a machine is for qrexec and systemd to read, whoever's the umask. */
const PUBLIC = 0o022;

/* What is installed on a machine: no daemon is asked, and no home is needed. So it is when packages are
   removed. */

/** Shows or switches services. */
export async function runServices(
  request: RequestFor<'services'>,
  screen: RpcScreen,
): Promise<void> {
  process.umask(PUBLIC);
  await showOrSwitchServices(request, new Machine(request.sysroot), screen);
}

/**
 * Switches the host as a unit, or shows that unless an embedded system is named.
 * @returns whether it was that which was asked for
 */
export async function ranHostUnit(
  request: RequestFor<'host'>,
  screen: RpcScreen,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const { action, root, sysroot } = request;
  const machine = new Machine(sysroot);
  if (action === 'enable' || action === 'disable') {
    process.umask(PUBLIC);
    await switchHost(request, machine, screen);
    return true;
  }
  const isNamed = root !== undefined || (env['QUBES_RPC_ROOT'] ?? '') !== '';
  if (action !== 'status' || isNamed || !(await hasUnits(machine))) return false;
  await showHostUnit(machine, screen);
  return true;
}
