import { powerState } from '../lib/model/power-state.ts';
import type { Qube } from '../lib/model/qube.ts';
import { removeQube } from '../lib/model/remove-qube.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { CHANGES_SYSTEM, READS_QUBE, READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { cachedByState } from '../lib/rpc/cached-by-state.ts';
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
  return `mem=${memoryKiB} mem_static_max=${memoryMaxKiB} cputime=${cpuTimeNs} power_state=${powerState(qube)}`;
}
