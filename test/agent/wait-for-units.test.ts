import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import test from 'ava';

import { waitForUnits } from '../../lib/agent/wait-for-units.ts';
import { CancelledError } from '../../lib/base/errors.ts';
import { watchUntil } from '../../lib/base/watch-until.ts';
import { fakeQube } from '../support/fake-qube.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('all is started: what systemctl says goes to the log', async (t) => {
  const qube = await fakeQube(t, { systemctl: 'echo "running $*"' });
  t.is(await waitForUnits([], qube), 0);
  t.is(qube.said(), 'running --wait is-system-running\n');
});

test('units have failed: they are told in plain language, and the status is that of the state', async (t) => {
  const qube = await fakeQube(
    t,
    {
      systemctl: `case "$*" in
        *is-system-running) echo degraded; exit 4;;
        *) echo "$LC_ALL $TERM $* * bad.service \x1b[1mfailed"; exit 9;;
      esac`,
    },
    { LC_ALL: 'de_DE', TERM: 'xterm' },
  );
  t.is(await waitForUnits(['--user'], qube), 4);
  t.is(qube.said(), 'degraded\nC dumb --user --failed --legend=no * bad.service _[1mfailed\n');
});

test('without systemd the status is that of a shell', async (t) => {
  const none = await fakeQube(t, {});
  t.is(await waitForUnits([], none), 127);
  t.is(none.said(), 'systemctl: not found\nsystemctl: not found\n');
  const killed = await fakeQube(t, { systemctl: 'kill -9 $$' });
  t.is(await waitForUnits([], killed), 137);
  const bare = await fakeQube(t, { systemctl: 'echo "Host is down" >&2; exit 1' });
  t.is(await waitForUnits([], bare), 1);
  t.is(bare.said(), 'Host is down\nHost is down\n');
});

test('told to end, it ends systemctl', async (t) => {
  const mark = join(await temporaryFolder(t), 'pid');
  const script = 'echo $$ > "$MARK.new"; mv "$MARK.new" "$MARK"; while :; do :; done';
  const qube = await fakeQube(t, { systemctl: script }, { MARK: mark });
  const waits = waitForUnits([], {
    ...qube,
    inside: {
      ...qube.inside,
      env: { ...qube.inside.env, PATH: `${qube.inside.env['PATH'] ?? ''}:/bin` },
    },
  });
  await watchUntil(dirname(mark), () => existsSync(mark), { patienceMs: 60_000 });
  qube.end(new CancelledError('Ended by SIGTERM'));
  await t.throwsAsync(waits, { instanceOf: CancelledError, message: 'Ended by SIGTERM' });
  t.throws(() => process.kill(Number(readFileSync(mark, 'utf8')), 0), { code: 'ESRCH' });
});
