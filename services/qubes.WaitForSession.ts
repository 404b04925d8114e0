import { THIS_QUBE } from '../lib/agent/inside.ts';
import { waitForSession } from '../lib/agent/wait-for-session.ts';
import { noArgument } from '../lib/rpc/arguments.ts';
import type { Service } from '../lib/rpc/service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

/** The exit status is that of systemctl: not 0 when a unit of the session has failed. */
export const service: Service<''> = {
  name: 'qubes.WaitForSession',
  summary: 'Waits until the session of the user has started completely.',
  destination: 'either',
  argument: (untrusted) => noArgument(untrusted, 'No argument is allowed'),
  access: { scope: 'local', effect: 'read' },
  // By this service qrexec waits for the session: it must not wait for itself.
  config: { 'wait-for-session': false },
  handle: ({ log, signal }) => waitForSession({ inside: THIS_QUBE, log, signal }),
};

runIfMain(import.meta.filename, service);
