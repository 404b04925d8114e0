// What is installed by our packages over the real qrexec, as `real-qrexec.test.ts`: `make rpm` has made them.
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { packagedSystem } from '../support/packaged-system.ts';
import type { RunResult } from '../support/run-program.ts';
import { withQrexec } from '../support/with-qrexec.ts';

const POLICY = `
admin.vm.List + work @adminvm allow
admin.vm.Describe + work @adminvm allow
qubes.Restore + work personal allow
`;

const NOT_FOUND = 127;
const REFUSED = 7;

withQrexec(
  'calls find services of packages: beside, taken over, as sockets, and back',
  async (t) => {
    const system = await packagedSystem(t, POLICY);
    const { root, run, qrexec, switched } = system;
    const call = (caller: string, method: string): Promise<RunResult> =>
      run('qubes-rpc', qrexec.env(caller), 'call', method, '--qrexec');
    const listed = async (): Promise<void> => {
      const { exitCode, stderr, text } = await call('work', 'admin.vm.List');
      t.is(exitCode, 0, stderr);
      t.regex(text, /^dom0 class=AdminVM state=Running /m);
      const denied = await call('personal', 'admin.vm.List');
      t.is(denied.exitCode, REFUSED);
      t.regex(denied.stderr, /Request refused/);
    };
    const entry = join(root, '..', '..', 'run', 'qubes-rpc', 'admin.vm.List');

    // Only what nobody else has is in force.
    t.is((await call('work', 'admin.vm.Describe')).exitCode, 0);
    t.not((await call('work', 'admin.vm.List')).exitCode, 0);
    await switched('dom0', 'services', 'enable', '--family', 'admin');
    t.regex(await readlink(entry), /libexec\/qubes-rpc\/services\/admin\.vm\.List$/);
    await listed();

    await system.enableHost();
    t.regex(await readlink(entry), /qubes-rpcd\/qubesd\.sock$/);
    await listed();
    await switched('dom0', 'host', 'disable');
    t.regex(await readlink(entry), /libexec\/qubes-rpc\/services\/admin\.vm\.List$/);
    await listed();

    await switched('dom0', 'services', 'disable', '--all');
    await t.throwsAsync(lstat(entry), { code: 'ENOENT' });
    t.not((await call('work', 'admin.vm.List')).exitCode, 0);
  },
);

withQrexec('a qube has from a package what dom0 and other qubes call', async (t) => {
  const { run, qrexec, switched } = await packagedSystem(t, POLICY);
  const restore = (caller: string, target: string): Promise<RunResult> =>
    run('qubes-rpc', qrexec.env(caller), 'run', target, 'qubes.Restore');
  t.is((await restore('work', 'personal')).exitCode, NOT_FOUND);
  await switched('qubes', 'services', 'enable', 'qubes.Restore');
  t.is((await restore('work', 'personal')).exitCode, 1, 'no location was sent');
  t.regex((await restore('personal', 'work')).stderr, /Request refused/);
});
