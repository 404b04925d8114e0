import { QubesNotImplementedError, QubesVMNotRunningError } from '../lib/base/admin-error.ts';
import { isLocal } from '../lib/model/power/require-local.ts';
import { powerState } from '../lib/model/power-state.ts';
import { maxmem } from '../lib/model/properties/memory.ts';
import type { Qube } from '../lib/model/qube.ts';
import { removeQube } from '../lib/model/remove-qube.ts';
import { isHalted, isRunning } from '../lib/model/running.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, CHANGES_SYSTEM, READS_QUBE, READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { cachedByState } from '../lib/rpc/cached-by-state.ts';
import { POWER_SERVICES } from '../lib/rpc/power-services.ts';
import { lines } from '../lib/rpc/lines.ts';
import { visibleQubes } from '../lib/rpc/visible-qubes.ts';

/** Of the system's own version: nothing in a line but the state changes while a qube exists. */
const allQubes = cachedByState(
  ({ ownVersion }) => ownVersion,
  ({ qubes }) => Buffer.from(lines([...qubes].map(lineOf))),
);

export const services: readonly AdminService[] = [
  {
    ...READS_SYSTEM,
    destination: 'either',
    name: 'admin.vm.List',
    summary:
      'Qubes, one per line: `work class=AppVM state=Halted uuid=…`; called on dom0 all, else that one.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      const { app, source, destination } = call;
      requirePermission(call);
      const { admin } = app.qubes;
      if (source === admin && destination === admin) return allQubes(app);
      return lines(visibleQubes(call).map(lineOf));
    },
  },
  {
    ...READS_QUBE,
    name: 'admin.vm.CurrentState',
    summary:
      'What a qube is doing: `mem=0 mem_static_max=0 cputime=0 power_state=Halted`, in KiB and ns.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return stateOf(call.destination);
    },
  },
  ...POWER_SERVICES,
  {
    ...CHANGES_QUBE,
    name: 'admin.vm.Console',
    summary: 'The terminal that the console of a running qube is on: `/dev/pts/5`.',
    argument: 'none',
    payload: 'none',
    async handle(call) {
      requirePermission(call);
      return consoleOf(call.destination);
    },
  },
  {
    ...CHANGES_SYSTEM,
    destination: 'either',
    name: 'admin.vm.Remove',
    summary: 'Removes a halted qube that nothing refers to, with its volumes.',
    argument: 'none',
    payload: 'none',
    async handle(call) {
      requirePermission(call);
      await removeQube(call.app, call.destination);
      return undefined;
    },
  },
];

function lineOf(qube: Qube): string {
  return `${qube.name} class=${qube.className} state=${powerState(qube)} uuid=${qube.uuid}`;
}

function stateOf(qube: Qube): string {
  const { memoryKiB, memoryMaxKiB, cpuTimeNs } = qube.system.hypervisor.domain(qube.uuid);
  const max = isLocal(qube) ? maxOf(qube) : memoryMaxKiB;
  return `mem=${memoryKiB} mem_static_max=${max} cputime=${cpuTimeNs} power_state=${powerState(qube)}`;
}

/** What its property says: 0 for a qube whose memory stays as it is. */
function maxOf(qube: Qube): number {
  return isHalted(qube) ? 0 : 1024 * qube.get(maxmem);
}

async function consoleOf(qube: Qube): Promise<string> {
  if (!isLocal(qube)) throw new QubesNotImplementedError(`${qube.name} has no console`);
  if (!isRunning(qube)) throw QubesVMNotRunningError.of(qube.name);
  return qube.system.hypervisor.console(qube.uuid);
}
