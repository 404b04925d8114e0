import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { waitForUplink } from '../../lib/agent/wait-for-uplink.ts';
import { CancelledError } from '../../lib/base/errors.ts';
import { fakeQube } from '../support/fake-qube.ts';

const MAC = '00:16:3E:5E:6C:00';
const QUBESDB = `test "$*" = /qubes-mac && echo ${MAC}`;

test('a qube without a card of Qubes waits for nothing', async (t) => {
  const qube = await fakeQube(t, { 'qubesdb-read': 'echo "no such path" >&2; exit 2' });
  t.is(await waitForUplink(qube), 0);
  t.is(qube.said(), '');
  const gone = await fakeQube(t, { 'qubesdb-read': QUBESDB, modprobe: '' });
  await gone.addCard('lo', '00:00:00:00:00:00', 'unknown');
  t.is(await waitForUplink(gone), 0, 'the card is not there');
});

test('the card with the address is meant, else eth0', async (t) => {
  const systemctl = 'echo "$*" >&2';
  const named = await fakeQube(t, { 'qubesdb-read': QUBESDB, modprobe: '', systemctl });
  await named.addCard('eth0', '00:16:3e:00:00:01', 'down');
  await named.addCard('enX0', MAC.toLowerCase(), 'up');
  t.is(await waitForUplink(named), 0);
  t.is(named.said(), 'is-active --quiet qubes-network-uplink@enX0.service\n');
  const usual = await fakeQube(t, { 'qubesdb-read': QUBESDB, modprobe: '', systemctl });
  await usual.addCard('eth0', '00:16:3e:00:00:01', 'up');
  t.is(await waitForUplink(usual), 0);
  t.is(usual.said(), 'is-active --quiet qubes-network-uplink@eth0.service\n');
});

test('the driver is loaded where it is not', async (t) => {
  const programs = { 'qubesdb-read': QUBESDB, modprobe: 'echo "modprobe $*" >&2; exit 1' };
  const without = await fakeQube(t, programs);
  t.is(await waitForUplink(without), 0);
  t.is(without.said(), 'modprobe xen-netfront\n');
  const loaded = await fakeQube(t, programs);
  await mkdir(join(loaded.inside.modules, 'xen_netfront'));
  t.is(await waitForUplink(loaded), 0);
  t.is(loaded.said(), '');
});

test('it waits for the unit and for the card', async (t) => {
  const qube = await fakeQube(t, {
    'qubesdb-read': QUBESDB,
    modprobe: '',
    systemctl: `echo looked >&2; test -e "$MARK"`,
  });
  const mark = join(qube.inside.run, 'active');
  const inside = { ...qube.inside, env: { ...qube.inside.env, MARK: mark } };
  await qube.addCard('eth0', MAC, 'down');
  t.is(await waitForUplink({ ...qube, inside }, 0), 3);
  await qube.addCard('eth0', MAC, 'up');
  t.is(await waitForUplink({ ...qube, inside }, 0), 3, 'its unit is not active');
  await qube.addCard('eth0', MAC, 'down');
  await writeFile(mark, '');
  t.is(await waitForUplink({ ...qube, inside }, 0), 3, 'it is down');
  const waits = waitForUplink({ ...qube, inside }, 60_000);
  setTimeout(() => void qube.addCard('eth0', MAC, 'up'), 50);
  t.is(await waits, 0);
});

test('it ends when told to', async (t) => {
  const programs = { 'qubesdb-read': QUBESDB, modprobe: '', systemctl: 'exit 3' };
  const qube = await fakeQube(t, programs);
  await qube.addCard('eth0', MAC, 'up');
  const waits = waitForUplink(qube, 60_000);
  setTimeout(() => qube.end(new CancelledError('Ended by SIGTERM')), 50);
  await t.throwsAsync(waits, { instanceOf: CancelledError });
});
