// Qubes' own programs, played by scripts on the PATH.
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { NeedsError, UsageError } from '../../lib/base/errors.ts';
import { meaningOf } from '../../lib/qrexec/call-error.ts';
import { isInDom0, isInQube, QubesCaller } from '../../lib/qrexec/qubes-caller.ts';
import { answerOf } from '../support/qrexec-system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PATH = process.env['PATH'] ?? '';
const { signal } = new AbortController();

/** Puts a program on the PATH, and takes it away again; tests that do so are serial. */
async function onPath(t: ExecutionContext, name: string, script: string): Promise<void> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env['PATH'] = `${folder}${delimiter}${PATH}`;
  t.teardown(() => void (process.env['PATH'] = PATH));
}

const ARGUMENTS = 'for one in "$@"; do echo "<$one>"; done; exit 5';

test.serial('from a qube: qrexec-client-vm TARGET SERVICE+ARGUMENT', async (t) => {
  await onPath(t, 'qrexec-client-vm', ARGUMENTS);
  t.true(await isInQube());
  const caller = QubesCaller.inQube();
  const full = { target: 'backup', service: 'qubes.Restore', argument: 'x+y', signal };
  const running = await caller.call(full);
  t.is(await answerOf(running), '<backup>\n<qubes.Restore+x+y>\n');
  t.is(await running.finished, 5);
  const bare = await caller.call({ ...full, target: '', argument: '' });
  t.is(await answerOf(bare), '<>\n<qubes.Restore>\n');
});

test.serial('from dom0: the qube is started, then qrexec-client -d', async (t) => {
  await onPath(t, 'qrexec-client', ARGUMENTS);
  t.true(await isInDom0());
  const started: string[] = [];
  const caller = QubesCaller.inDom0(async (qube) => void started.push(qube));
  const request = { target: 'backup', service: 'qubes.Restore', argument: '', signal };
  t.is(
    await answerOf(await caller.call(request)),
    '<-d>\n<backup>\n<-->\n<DEFAULT:QUBESRPC qubes.Restore+ dom0>\n',
  );
  await answerOf(await caller.call({ ...request, target: 'dom0' }));
  t.deepEqual(started, ['backup']);
  for (const target of ['', '@dispvm']) {
    await t.throwsAsync(caller.call({ ...request, target }), { instanceOf: UsageError });
  }
});

test.serial('without the program there is no call', async (t) => {
  process.env['PATH'] = '/nonexistent';
  t.teardown(() => void (process.env['PATH'] = PATH));
  t.false(await isInQube());
  const request = { target: 'backup', service: 'qubes.Restore', argument: '', signal };
  await t.throwsAsync(QubesCaller.inQube().call(request), { instanceOf: NeedsError });
});

test.serial('what would become another command is not called', async (t) => {
  await onPath(t, 'qrexec-client', ARGUMENTS);
  const caller = QubesCaller.inDom0(async () => undefined);
  for (const wrong of [
    { target: 'backup', service: 'a b', argument: '' },
    { target: 'backup', service: 'test.A', argument: 'x dom0' },
    { target: 'back up', service: 'test.A', argument: '' },
    { target: 'backup', service: '', argument: 'x' },
  ]) {
    await t.throwsAsync(caller.call({ ...wrong, signal }), { instanceOf: UsageError });
  }
});

test('statuses of qrexec say what they mean, others are the service’s', (t) => {
  t.is(meaningOf(125, 'test.A'), 'its test.A could not be started');
  t.is(meaningOf(126, 'test.A'), 'the call was refused');
  t.is(meaningOf(127, 'test.A'), 'it has no test.A service');
  for (const status of [0, 1, 124, 128, 255]) t.is(meaningOf(status, 'test.A'), undefined);
});
