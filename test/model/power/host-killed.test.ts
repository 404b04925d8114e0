import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { adminCall, makeSystem, startHost } from '../../support/embedded-system.ts';
import type { RunningHost } from '../../support/embedded-system.ts';
import { setMachine } from '../../support/machine.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Milliseconds from the call to the kill: within the start of a netvm, of the qube, and after it. */
const MOMENTS = [1, 10, 30, 60, 120, 250];

async function killed(host: RunningHost): Promise<void> {
  host.kill('SIGKILL');
  await host.finished;
}

test('a host may be killed at any moment of a start: the next one has a sound system', async (t) => {
  t.timeout(300_000);
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  const ask = (method: string): Promise<string> =>
    adminCall(root, { method: `admin.vm.${method}`, destination: 'work' });
  for (const moment of MOMENTS) {
    const host = await startHost(root);
    t.teardown(() => killed(host));
    const unheard = ask('Start').catch(() => undefined);
    await sleep(moment);
    await killed(host);
    await unheard;
    const next = await startHost(root);
    t.teardown(() => killed(next));
    t.is(await ask('Start'), '0\0', `after ${moment} ms`);
    t.regex(await ask('List'), / state=Running /);
    t.is(await ask('Kill'), '0\0');
    const files = await readdir(join(root, 'appvms', 'work'));
    t.deepEqual(
      files.filter((file) => file.includes('dirty')),
      [],
    );
    t.is(await readFile(join(root, 'appvms', 'work', 'run'), 'utf8'), '');
    await killed(next);
  }
});

test('a start that was under way when its host was killed is taken back, and nothing else', async (t) => {
  t.timeout(120_000);
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  const ask = (method: string, destination: string): Promise<string> =>
    adminCall(root, { method: `admin.vm.${method}`, destination });
  const host = await startHost(root);
  t.teardown(() => killed(host));
  t.is(await ask('Start', 'sys-net'), '0\0');
  await setMachine({ root }, { startSeconds: 600 });
  const unheard = ask('Start', 'vault').catch(() => undefined);
  while (!(await ask('List', 'vault')).includes(' state=Transient ')) await sleep(10);
  await killed(host);
  await unheard;
  await setMachine({ root }, {});
  const next = await startHost(root);
  t.teardown(() => killed(next));
  while (!(await ask('List', 'vault')).includes(' state=Halted ')) await sleep(10);
  t.regex(await ask('List', 'sys-net'), / state=Running /);
  t.is(await ask('Shutdown', 'sys-net'), '0\0');
});
