import test from 'ava';

import {
  DeviceAlreadyAssigned,
  DeviceNotAssigned,
  QubesVMInUseError,
} from '../../lib/base/admin-error.ts';
import { ASSIGNMENT_MODES, DEVICE_CLASSES } from '../../lib/model/device-assignments.ts';
import type { DeviceAssignment } from '../../lib/model/device-assignments.ts';
import { removeQube } from '../../lib/model/remove-qube.ts';
import { openSystem } from '../support/admin-system.ts';

/** Of each class and mode one, on a port, by what it is, or both; with odd options. */
const ASSIGNMENTS: readonly DeviceAssignment[] = DEVICE_CLASSES.flatMap((deviceClass) =>
  ASSIGNMENT_MODES.flatMap((mode, index) => [
    {
      deviceClass,
      backend: 'untrusted',
      port: `port${index}`,
      device: '*',
      mode,
      options: new Map([
        ['read-only', 'True'],
        ['note', `<it's "x" & y>`],
        ['empty', ''],
      ]),
    },
    {
      deviceClass,
      backend: 'untrusted',
      port: '*',
      device: `0951:1666:A_B${index}:u08`,
      mode,
      options: new Map(),
    },
    {
      deviceClass,
      backend: 'dom0',
      port: `00_1f.${index}`,
      device: '8086:1',
      mode,
      options: new Map(),
    },
  ]),
);

test('assignments of every class and mode are loaded as they were saved', async (t) => {
  const { app, reopen } = await openSystem(t);
  const work = app.qubes.find('work');
  app.apply(() => ASSIGNMENTS.forEach((one) => work?.devices.assign(one)));
  await app.save();
  const again = (await reopen()).app.qubes.find('work');
  t.deepEqual(again?.devices.list(), ASSIGNMENTS);
});

test('a qube stays as long as one of its devices is assigned, in whatever way', async (t) => {
  const { app, reopen } = await openSystem(t);
  const work = app.qubes.find('work');
  app.apply(() => ASSIGNMENTS.forEach((one) => work?.devices.assign(one)));
  await app.save();
  const { app: loaded } = await reopen();
  const [holder, backend] = ['work', 'untrusted'].map((name) => loaded.qubes.find(name));
  if (holder === undefined || backend === undefined) return t.fail();
  const provided = ASSIGNMENTS.filter((one) => one.backend === 'untrusted');
  for (const one of provided) {
    await t.throwsAsync(removeQube(loaded, backend), {
      instanceOf: QubesVMInUseError,
      message: new RegExp(
        `^VM has devices assigned to other VMs: .*${one.port === '*' ? '\\*' : one.port} \\(work\\)`,
      ),
    });
    loaded.apply(() => holder.devices.unassign(one));
  }
  await removeQube(loaded, backend);
  t.is(loaded.qubes.find('untrusted'), undefined);
});

test('the assignments of a qube go with it', async (t) => {
  const { app } = await openSystem(t);
  const [work, untrusted] = ['work', 'untrusted'].map((name) => app.qubes.find(name));
  if (work === undefined || untrusted === undefined) return t.fail();
  app.apply(() => ASSIGNMENTS.forEach((one) => work.devices.assign(one)));
  await removeQube(app, work);
  await t.notThrowsAsync(removeQube(app, untrusted));
});

test('a device is assigned once to a qube, and unassigned once', async (t) => {
  const { app } = await openSystem(t);
  const work = app.qubes.find('work');
  const one = {
    deviceClass: 'block',
    backend: 'sys-net',
    port: 'sda',
    device: '*',
    mode: 'required',
    options: new Map<string, string>(),
  } as const;
  app.apply(() => work?.devices.assign(one));
  t.throws(() => app.apply(() => work?.devices.assign({ ...one, mode: 'auto-attach' })), {
    instanceOf: DeviceAlreadyAssigned,
    message: "'block device sys-net:sda:* already assigned to work'",
  });
  app.apply(() => work?.devices.unassign(one));
  t.throws(() => app.apply(() => work?.devices.unassign(one)), {
    instanceOf: DeviceNotAssigned,
    message: "'block device sys-net:sda:* not assigned to work'",
  });
});
