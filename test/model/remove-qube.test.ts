import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

import {
  QubesException,
  QubesVMInUseError,
  QubesVMNotFoundError,
  QubesVMNotHaltedError,
} from '../../lib/base/admin-error.ts';
import { createQube } from '../../lib/model/create-qube.ts';
import { dependenciesOn } from '../../lib/model/dependencies.ts';
import { removeQube } from '../../lib/model/remove-qube.ts';
import { SampleSystem } from '../support/sample-system.ts';

test('a qube is removed from memory, store and disk', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const label = app.label('red');
  await createQube(app, { className: 'AppVM', name: 'new', label, createdBy: app.qubes.admin });
  await removeQube(app, system.qube('new'));
  await removeQube(app, system.qube('remote1'));
  const store = await readFile(join(system.root, 'qubes.xml'), 'utf8');
  t.false(store.includes('>new<'));
  t.false(store.includes('>remote1<'));
  await t.throwsAsync(access(join(system.root, 'appvms', 'new')));
});

const IN_USE = (name: string, uses: string) =>
  `Domain is in use: '${name}';  see 'journalctl -u qubesd -e' in dom0 for details: used by ${uses}`;

test('a qube that others need stays, and the error names them', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const refuse = (name: string, uses: string) =>
    t.throwsAsync(removeQube(app, system.qube(name)), {
      instanceOf: QubesVMInUseError,
      message: IN_USE(name, uses),
    });
  await refuse('sys-net', 'clockvm of the system, netvm of sys-firewall');
  await refuse('sys-firewall', 'default_netvm of the system, updatevm of the system');
  await refuse('default-dvm', 'default_dispvm of the system, template of disp1234');
  for (let index = 10; index < 60; index++) {
    const wanted = { className: 'AppVM', name: `new${index}`, label: app.label('red') } as const;
    await createQube(app, { ...wanted, createdBy: app.qubes.admin });
  }
  const made = Array.from({ length: 48 }, (_, index) => `new${index + 10}`);
  const uses = ['default-dvm', ...made].map((name) => `template of ${name}`);
  await refuse('fedora-41', `default_template of the system, ${uses.join(', ')} and 8 more`);
  t.is(system.qube('fedora-41').presence, 'listed');
});

test('a property at its default is no use of its own', async (t) => {
  const system = await SampleSystem.open(t);
  t.deepEqual(
    dependenciesOn(system.qube('sys-firewall')).map(({ property }) => property),
    ['default_netvm', 'updatevm'],
  );
  system.set('work', 'netvm', 'sys-firewall');
  t.deepEqual(
    dependenciesOn(system.qube('sys-firewall')).map(({ holder, property }) => [
      holder?.name,
      property,
    ]),
    [
      [undefined, 'default_netvm'],
      [undefined, 'updatevm'],
      ['work', 'netvm'],
    ],
  );
});

test('a qube whose devices others are to get stays', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const assignment = {
    deviceClass: 'block',
    backend: 'untrusted',
    port: 'sda',
    device: '*',
    mode: 'required',
    options: new Map<string, string>(),
  } as const;
  app.apply(() => system.qube('work').devices.assign(assignment));
  app.apply(() => system.qube('vault').devices.assign({ ...assignment, port: 'sdb' }));
  await t.throwsAsync(removeQube(app, system.qube('untrusted')), {
    instanceOf: QubesVMInUseError,
    message: 'VM has devices assigned to other VMs: sdb (vault), sda (work)',
  });
});

test('what runs, belongs to a package, or is dom0, stays', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  t.throws(() => removeQube(app, app.qubes.admin), {
    instanceOf: QubesVMInUseError,
    message: "'dom0' cannot be removed",
  });
  system.run('work');
  await t.throwsAsync(removeQube(app, system.qube('work')), {
    instanceOf: QubesVMNotHaltedError,
    message: "Domain is not powered off: 'work'",
  });
  system.set('vault', 'installed_by_rpm', '1');
  await t.throwsAsync(removeQube(app, system.qube('vault')), {
    instanceOf: QubesVMInUseError,
    message: 'VM installed by package manager: vault',
  });
});

test('a qube is removed once', async (t) => {
  const system = await SampleSystem.open(t);
  const qube = system.qube('untrusted');
  const [first, second] = await Promise.allSettled([
    removeQube(system.app, qube),
    removeQube(system.app, qube),
  ]);
  t.is(first.status, 'fulfilled');
  t.true(second.status === 'rejected' && second.reason instanceof QubesVMNotFoundError);
});

test('where the store cannot be written, the qube and its files stay', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const label = app.label('red');
  await createQube(app, { className: 'AppVM', name: 'new', label, createdBy: app.qubes.admin });
  app.save = () => {
    app.changes.rollBackTo(0);
    return Promise.reject(new QubesException('Cannot save qubes.xml: read-only file system'));
  };
  await t.throwsAsync(removeQube(app, system.qube('new')), { message: /read-only/ });
  t.is(system.qube('new').presence, 'listed');
  await t.notThrowsAsync(access(join(system.root, 'appvms', 'new')));
});
