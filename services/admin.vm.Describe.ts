import { setImmediate as nextTurn } from 'node:timers/promises';

import { powerState } from '../lib/model/power-state.ts';
import { printValue } from '../lib/model/property.ts';
import type { Qube } from '../lib/model/qube.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import { READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { visibleQubes } from '../lib/rpc/visible-qubes.ts';

/** How long other calls may have to wait for this one at a time. */
const TURN_MS = 2;

/** Not one of the reference's calls: it takes hundreds of those to learn the same. */
export const services: readonly AdminService[] = [
  {
    ...READS_SYSTEM,
    destination: 'either',
    name: 'admin.vm.Describe',
    summary:
      'Qubes with their properties, features and tags, one JSON document per line; called on dom0 all, else that one.',
    argument: 'none',
    payload: 'none',
    async handle(call) {
      requirePermission(call);
      let reply = '';
      let turn = performance.now();
      for (const qube of visibleQubes(call)) {
        // It may be gone since the last turn.
        if (qube.presence === 'listed') reply += `${JSON.stringify(describe(call, qube))}\n`;
        if (performance.now() - turn < TURN_MS) continue;
        await nextTurn();
        if (call.signal.aborted) return undefined;
        turn = performance.now();
      }
      return reply;
    },
  },
];

/** One line of the reply; what the caller may not see is left out. */
function describe({ app, source, permitted }: AdminCall, qube: Qube): object {
  const may = (rpc: string, argument: string): boolean =>
    source === app.qubes.admin || permitted(source.name, rpc, argument, qube.name);
  const properties = [...qube.properties]
    .filter(({ name }) => may('admin.vm.property.Get', name))
    .map(
      (row) =>
        [
          row.name,
          { value: printValue(qube.find(row)), type: row.type, default: qube.isDefault(row) },
        ] as const,
    );
  const features = [...qube.features].filter(([name]) => may('admin.vm.feature.Get', name));
  return {
    name: qube.name,
    class: qube.className,
    state: powerState(qube),
    uuid: qube.uuid,
    properties: Object.fromEntries(properties),
    features: Object.fromEntries(features),
    tags: may('admin.vm.tag.List', '') ? [...qube.tags].sort() : [],
  };
}
