import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { waitForSession } from '../../lib/agent/wait-for-session.ts';
import { CancelledError } from '../../lib/base/errors.ts';
import { fakeQube } from '../support/fake-qube.ts';

const SYSTEMCTL = 'echo "$XDG_RUNTIME_DIR $DBUS_SESSION_BUS_ADDRESS $*"';
const OWN = `/run/user/${process.getuid?.() ?? 0}`;
const STARTED = `${OWN} unix:path=${OWN}/bus --user --wait is-system-running\n`;

/** A qubesdb-read that knows whether there are windows, and maybe a user. */
function qubesdb(gui: string, user?: string): string {
  const answer = user === undefined ? 'exit 2' : `echo ${user}`;
  return `case "$*" in
    "--default=True /qubes-gui-enabled") echo ${gui};;
    "/default-user") ${answer};;
    *) exit 99;;
  esac`;
}

test('without windows only the manager of the user is waited for', async (t) => {
  const qube = await fakeQube(t, { systemctl: SYSTEMCTL, 'qubesdb-read': qubesdb('False') });
  t.is(await waitForSession(qube), 0);
  t.is(qube.said(), STARTED);
});

test('in dom0 nobody is asked about windows', async (t) => {
  const programs = { 'qrexec-client': 'exit 1', 'qubesdb-read': 'echo asked >&2; echo True' };
  const qube = await fakeQube(t, { systemctl: SYSTEMCTL, ...programs });
  t.is(await waitForSession(qube), 0);
  t.is(qube.said(), STARTED);
});

for (const [user, answer] of [
  ['anna', 'anna'],
  ['user', undefined],
] as const) {
  test(`the session of ${user} is there when qrexec serves it`, async (t) => {
    const qube = await fakeQube(t, {
      systemctl: SYSTEMCTL,
      'qubesdb-read': qubesdb('True', answer),
    });
    const waits = waitForSession(qube);
    await writeFile(join(qube.inside.run, 'qrexec-server.other.sock'), '');
    t.is(
      await Promise.race([waits, new Promise((resolve) => setTimeout(resolve, 100, 'no'))]),
      'no',
    );
    await writeFile(join(qube.inside.run, `qrexec-server.${user}.sock`), '');
    t.is(await waits, 0);
    t.is(qube.said(), STARTED);
  });
}

test('a session that is there already is not waited for', async (t) => {
  const qube = await fakeQube(t, { systemctl: SYSTEMCTL, 'qubesdb-read': qubesdb('True') });
  await writeFile(join(qube.inside.run, 'qrexec-server.user.sock'), '');
  t.is(await waitForSession(qube, 0), 0);
});

test('what the environment says of the session counts', async (t) => {
  const env = { XDG_RUNTIME_DIR: '/mine', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/bus' };
  const both = await fakeQube(t, { systemctl: SYSTEMCTL, 'qrexec-client': '' }, env);
  await waitForSession(both);
  t.is(both.said(), '/mine unix:path=/bus --user --wait is-system-running\n');
  const one = { XDG_RUNTIME_DIR: '/mine' };
  const qube = await fakeQube(t, { systemctl: SYSTEMCTL, 'qrexec-client': '' }, one);
  await waitForSession(qube);
  t.is(qube.said(), '/mine unix:path=/mine/bus --user --wait is-system-running\n');
});

test('it is not waited for ever, and ends when told to', async (t) => {
  const programs = { systemctl: SYSTEMCTL, 'qubesdb-read': qubesdb('True') };
  const late = await fakeQube(t, programs);
  t.is(await waitForSession(late, 50), 1);
  t.is(late.said(), `There is no session of user: no ${late.inside.run}/qrexec-server.user.sock\n`);
  const ended = await fakeQube(t, programs);
  const waits = waitForSession(ended);
  setTimeout(() => ended.end(new CancelledError('Ended by SIGTERM')), 50);
  await t.throwsAsync(waits, { instanceOf: CancelledError, message: 'Ended by SIGTERM' });
});

test('units of the session that have failed are told', async (t) => {
  const systemctl = 'echo "$*"; test "$2" = --failed && exit 0; exit 3';
  const qube = await fakeQube(t, { systemctl, 'qrexec-client': '' });
  t.is(await waitForSession(qube), 3);
  t.is(qube.said(), '--user --wait is-system-running\n--user --failed --legend=no\n');
});
