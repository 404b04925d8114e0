// As executables, with programs of the qube that are scripts on the PATH.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { parseConfigLines } from '../../lib/qrexec/config-lines.ts';
import { generated } from '../../docs/generate.ts';
import { collect } from '../support/bytes.ts';
import { HOSTS, startService, type ServiceStart } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SYSTEMCTL = '#!/bin/sh\necho "$*"; test "$1" = --user || exit 5\n';

async function ending(
  t: ExecutionContext,
  host: (typeof HOSTS)[number],
  name: string,
  start: ServiceStart = {},
): Promise<{ status: number | string | undefined; stdout: string; stderr: string }> {
  const bin = join(await temporaryFolder(t), 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'systemctl'), SYSTEMCTL, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const service = await startService(host, name, { ...start, env });
  await service.stdin.end();
  const stdout = String(await collect(service.stdout));
  return { status: await service.finished, stdout, stderr: await service.stderr };
}

for (const host of HOSTS) {
  test(`${host}: what systemctl says is told on stderr, and its status is the answer`, async (t) => {
    t.deepEqual(await ending(t, host, 'qubes.WaitForRunningSystem', { argument: 'anything' }), {
      status: 5,
      stdout: '',
      stderr: '--wait is-system-running\n--failed --legend=no\n',
    });
  });

  test(`${host}: a session is waited for without an argument`, async (t) => {
    const refused = await ending(t, host, 'qubes.WaitForSession', { argument: 'x' });
    t.deepEqual(refused, { status: 1, stdout: '', stderr: 'No argument is allowed\n' });
  });

  test(`${host}: a machine without a card of Qubes has all its network`, async (t) => {
    const { status, stdout } = await ending(t, host, 'qubes.WaitForNetworkUplink');
    t.is(stdout, '');
    t.is(status, 0);
  });
}

test('qrexec understands how they are to be called', async (t) => {
  const configs = [...(await generated())].filter(([path]) => path.startsWith('rpc-config/'));
  const read = configs.map(([path, text]) => [
    path,
    Object.fromEntries(parseConfigLines(path, text)),
  ]);
  t.deepEqual(Object.fromEntries(read), {
    'rpc-config/qubes.WaitForNetworkUplink': { 'force-user': 'root', 'wait-for-session': false },
    'rpc-config/qubes.WaitForRunningSystem': { 'wait-for-session': false },
    'rpc-config/qubes.WaitForSession': { 'wait-for-session': false },
  });
});
