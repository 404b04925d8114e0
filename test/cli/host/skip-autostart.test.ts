import { EventEmitter } from 'node:events';
import { join } from 'node:path';

import test from 'ava';

import { createLog } from '../../../lib/base/log.ts';
import { runHost } from '../../../lib/cli/host/run-host.ts';
import { ADMIN_SERVICES } from '../../../services/index.ts';
import {
  adminCall,
  adminSocket,
  makeSystem,
  untilItAnswers,
} from '../../support/embedded-system.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

for (const skipsAutostart of [true, false]) {
  const what = skipsAutostart ? 'nothing is started by itself' : 'what is to start is started';
  test(`when the kernel was told ${skipsAutostart ? 'so' : 'nothing'}, ${what}`, async (t) => {
    const root = await temporaryFolder(t);
    const store = sessionStore('start').replace(
      /(<property name="name">vault<\/property>)/,
      '$1<property name="autostart">True</property>',
    );
    await makeSystem(root, store);
    const host = Object.assign(new EventEmitter(), { env: {}, pid: process.pid });
    const logged: string[] = [];
    const task = {
      root,
      listen: join(root, 'run'),
      idleExit: undefined,
      services: ADMIN_SERVICES,
      skipsAutostart,
      log: createLog((line) => void logged.push(line)),
    };
    const ended = runHost(task, host as unknown as NodeJS.Process);
    t.teardown(async () => {
      host.emit('SIGTERM');
      await ended;
    });
    await untilItAnswers(adminSocket(root));
    const state = () => adminCall(root, { method: 'admin.vm.List', destination: 'vault' });
    if (skipsAutostart) {
      // Started by itself it would have been first.
      await adminCall(root, { method: 'admin.vm.Start', destination: 'personal' });
      t.regex(await state(), /state=Halted/);
    } else {
      let seen = await state();
      // The test's own time ends it.
      while (!seen.includes('state=Running')) seen = await state();
      t.regex(seen, /state=Running/);
    }
  });
}
