import { THIS_QUBE } from '../lib/agent/inside.ts';
import { waitForUnits } from '../lib/agent/wait-for-units.ts';
import { anyArgument } from '../lib/rpc/arguments.ts';
import type { Service } from '../lib/rpc/service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

/** The exit status is that of systemctl: not 0 when a unit has failed. */
export const service: Service = {
  name: 'qubes.WaitForRunningSystem',
  summary: 'Waits until this qube has started all its services.',
  destination: 'qube',
  argument: anyArgument,
  access: { scope: 'local', effect: 'read' },
  // It must be served before there is a session.
  config: { 'wait-for-session': false },
  handle: ({ log, signal }) => waitForUnits([], { inside: THIS_QUBE, log, signal }),
};

runIfMain(import.meta.filename, service);
