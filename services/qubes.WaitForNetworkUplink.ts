import { THIS_QUBE } from '../lib/agent/inside.ts';
import { waitForUplink } from '../lib/agent/wait-for-uplink.ts';
import { anyArgument } from '../lib/rpc/arguments.ts';
import type { Service } from '../lib/rpc/service.ts';
import { runIfMain } from '../lib/rpc/stdio-host.ts';

/** The exit status is 3 when the network is not there after a few seconds. */
export const service: Service = {
  name: 'qubes.WaitForNetworkUplink',
  summary: 'Waits a few seconds until the network card of this qube is set up, if it has one.',
  destination: 'qube',
  argument: anyArgument,
  access: { scope: 'local', effect: 'read' },
  // It loads the driver of the card if that is not there.
  config: { 'force-user': 'root', 'wait-for-session': false },
  handle: ({ log, signal }) => waitForUplink({ inside: THIS_QUBE, log, signal }),
};

runIfMain(import.meta.filename, service);
