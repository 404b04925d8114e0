import test from 'ava';

import { AdminCalls } from '../../../lib/admin/calls.ts';
import { AdminClient } from '../../../lib/admin/client.ts';
import { cloneQube } from '../../../lib/admin/clone-qube.ts';
import { connectToDaemon, SocketTransport } from '../../../lib/admin/socket-transport.ts';
import { ADMIN_SERVICES } from '../../../services/index.ts';
import { ableToPreload } from '../../support/able-to-preload.ts';
import { serveSocket } from '../../support/served-socket.ts';

test('a clone of a template gets its maximum last of all, and nothing else of preloading', async (t) => {
  const { path, system } = await serveSocket(t, ADMIN_SERVICES);
  const { app } = system;
  const { features } = system.qube('default-dvm');
  // Before what it needs, as someone may have set them.
  features.load([
    ['preload-dispvm-max', '0'],
    ['preload-dispvm-delay', '7'],
    ['preload-dispvm', ''],
  ]);
  ableToPreload(app, 'default-dvm');
  const events: string[] = [];
  app.addObserver((subject, event) => {
    if (subject?.name === 'clone' && /^(property|domain-feature)-set:/.test(event))
      events.push(event);
  });
  const client = new AdminClient(new AdminCalls(new SocketTransport(() => connectToDaemon(path))));
  await cloneQube(
    client,
    client,
    { name: 'clone', from: 'default-dvm' },
    { onVolume: () => undefined, onFailure: (what, error) => t.fail(`${what}: ${error.message}`) },
  );
  t.is(events.at(-1), 'domain-feature-set:preload-dispvm-max');
  t.true(events.includes('property-set:template_for_dispvms'));
  t.deepEqual(
    [...system.qube('clone').features.names()].filter((name) => name.startsWith('preload')),
    ['preload-dispvm-max'],
  );
});
