import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { adminCall, makeSystem, startHost } from '../support/embedded-system.ts';
import { sessionStore } from '../support/recorded-session.ts';
import { builtFolder } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('quick', async (t) => {
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  const host = await startHost(root);
  t.teardown(async () => {
    host.kill('SIGKILL');
    await host.finished;
  });
  const service = join(await builtFolder(), 'qubes-rpc', 'admin.vm.volume.ImportWithSize');
  const r = await execa(service, ['private'], {
    input: '5\nhello',
    env: {
      QUBES_RPC_ROOT: root,
      QREXEC_REMOTE_DOMAIN: 'dom0',
      QREXEC_REQUESTED_TARGET: 'personal',
    },
    reject: false,
  });
  t.log(r.stdout, r.stderr, r.exitCode);
  t.is(await readFile(join(root, 'appvms/personal/private.img'), 'utf8'), 'hello');
  void adminCall;
});
