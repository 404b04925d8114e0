import { ProtocolError } from '../base/admin-error.ts';
import { killQube } from '../model/power/kill-qube.ts';
import { pauseQube, unpauseQube } from '../model/power/pause-qube.ts';
import { shutdownQube } from '../model/power/shutdown-qube.ts';
import { startQube } from '../model/power/start-qube.ts';
import { resumeQube, suspendQube } from '../model/power/suspend-qube.ts';
import type { Qube } from '../model/qube.ts';
import { requirePermission } from './admin-call.ts';
import type { AdminCall } from './admin-call.ts';
import { RUNS_QUBE } from './admin-facts.ts';
import type { AdminService } from './admin-service.ts';

const SHUTDOWN_OPTIONS = ['force', 'wait'];

/** The calls that start and stop a qube; each is answered when it is done. */
export const POWER_SERVICES: readonly AdminService[] = [
  power('Start', 'Starts a qube, after its netvm; one that runs goes on.', startQube),
  {
    ...RUNS_QUBE,
    name: 'admin.vm.Shutdown',
    summary:
      'Asks a qube to shut down: `force` also one that others need, `wait` until it is off; `force+wait` both.',
    argument: 'optional',
    payload: 'none',
    async handle(call) {
      const options = parseShutdown(call);
      requirePermission(call);
      await shutdownQube(call.destination, { ...options, signal: call.signal });
      return undefined;
    },
  },
  power('Kill', 'Ends a qube at once.', killQube),
  power('Pause', 'Holds a running qube still.', pauseQube),
  power('Unpause', 'Lets a paused qube go on.', unpauseQube),
  power('Suspend', 'Sends a qube to sleep, or pauses one that cannot sleep.', suspendQube),
  power('Resume', 'Wakes a sleeping qube, or lets a paused one go on.', resumeQube),
];

function power(name: string, summary: string, work: (qube: Qube) => Promise<void>): AdminService {
  return {
    ...RUNS_QUBE,
    name: `admin.vm.${name}`,
    summary,
    argument: 'none',
    payload: 'none',
    async handle(call) {
      requirePermission(call);
      await work(call.destination);
      return undefined;
    },
  };
}

function parseShutdown({ argument }: AdminCall): {
  readonly force: boolean;
  readonly wait: boolean;
} {
  const options = argument === '' ? [] : argument.split('+');
  if (options.some((option) => !SHUTDOWN_OPTIONS.includes(option))) {
    throw new ProtocolError(`Argument must match: ${SHUTDOWN_OPTIONS.join(', ')}`);
  }
  return { force: options.includes('force'), wait: options.includes('wait') };
}
