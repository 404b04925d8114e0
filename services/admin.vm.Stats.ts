import { setTimeout as sleep } from 'node:timers/promises';

import { QubesVMNotRunningError } from '../lib/base/admin-error.ts';
import { LONGEST_MS } from '../lib/base/clock.ts';
import { statsInterval } from '../lib/model/properties/system.ts';
import type { Qube } from '../lib/model/qube.ts';
import { UseReport } from '../lib/model/use-report.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import type { AdminCall } from '../lib/rpc/admin-call.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';

/** Seconds: a store from before there was a rule may ask for reports without a pause. */
const MIN_INTERVAL = 1;

export const services: readonly AdminService[] = [
  {
    name: 'admin.vm.Stats',
    summary:
      'Use of memory and processors by running qubes, as an event for each every `stats_interval` seconds, until the caller closes the connection.',
    api: 'admin',
    destination: 'either',
    argument: 'none',
    payload: 'none',
    access: { scope: 'global', effect: 'read' },
    async handle(call) {
      requirePermission(call);
      const { app, signal } = call;
      const report = new UseReport(app);
      call.sendEvent('', 'connection-established', {});
      while (!signal.aborted) {
        send(call, report);
        const interval = Math.max(app.get(statsInterval), MIN_INTERVAL);
        await sleep(Math.min(1000 * interval, LONGEST_MS), undefined, { signal }).catch(
          () => undefined,
        );
      }
      return undefined;
    },
  },
];

/** @throws QubesVMNotRunningError when the one that was asked for does not run */
function send(call: AdminCall, report: UseReport): void {
  const { app, destination } = call;
  const all = report.take(performance.now());
  const wanted =
    destination === app.qubes.admin ? all : all.filter(({ qube }) => qube === destination);
  if (wanted.length === 0) throw QubesVMNotRunningError.of(destination.name);
  for (const { qube, facts } of wanted) {
    if (isVisible(call, qube)) call.sendEvent(qube.name, 'vm-stats', facts);
  }
}

function isVisible({ app, source, permitted }: AdminCall, { name }: Qube): boolean {
  return source === app.qubes.admin || permitted(source.name, 'admin.vm.Stats', '', name);
}
