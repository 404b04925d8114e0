import test from 'ava';

import { createDisposable } from '../../../lib/model/create-qube.ts';
import { differingProperties, outdatedReason } from '../../../lib/model/preload/outdated.ts';
import { templateForDispvms } from '../../../lib/model/properties/template-for-dispvms.ts';
import { openSystem } from '../../support/admin-system.ts';
import { sessionStore } from '../../support/recorded-session.ts';
import { SampleSystem } from '../../support/sample-system.ts';

const TEMPLATE = 'default-dvm';

/** All that can be set of a template, otherwise than by default. */
const SETTINGS: Readonly<Record<string, string>> = {
  audiovm: 'sys-net',
  autostart: 'True',
  backup_timestamp: '1700000000',
  bootmode: 'other',
  debug: 'True',
  default_dispvm: '',
  default_user: 'someone',
  devices_denied: 'u030101',
  guivm: 'sys-firewall',
  include_in_backups: 'False',
  installed_by_rpm: 'True',
  ip: '10.1.2.3',
  ip6: 'fd09::1',
  kernel: '',
  kernelopts: 'quiet',
  keyboard_layout: 'de++',
  label: 'black',
  mac: '00:16:3e:01:02:03',
  management_dispvm: '',
  maxmem: '0',
  memory: '600',
  netvm: 'sys-net',
  provides_network: 'True',
  qrexec_timeout: '70',
  shutdown_timeout: '71',
  stubdom_mem: '99',
  vcpus: '1',
  virt_mode: 'hvm',
};

/** Those of them whose change outdates what was made before. */
const OUTDATING = [
  ...['debug', 'devices_denied', 'label', 'mac', 'provides_network', 'stubdom_mem'],
  ...['audiovm', 'bootmode', 'guivm', 'keyboard_layout', 'netvm'],
];

for (const store of ['start', 'after'] as const) {
  test(`a disposable is not outdated as soon as it is made: ${store}`, async (t) => {
    const { app } = await SampleSystem.open(t, sessionStore(store));
    const templates = [...app.qubes].filter((qube) => qube.find(templateForDispvms) === true);
    t.true(templates.length > 0);
    for (const template of templates) {
      const disposable = await createDisposable(app, template, app.qubes.admin);
      t.deepEqual(differingProperties(disposable), [], template.name);
      t.is(await outdatedReason(disposable), undefined, template.name);
    }
  });
}

test('nor is one of a template of which all is set', async (t) => {
  const system = await SampleSystem.open(t);
  const template = system.qube(TEMPLATE);
  for (const [property, value] of Object.entries(SETTINGS)) system.set(TEMPLATE, property, value);
  t.deepEqual(
    [...template.properties].filter(
      (row) => row.cloned && !row.readOnly && template.isDefault(row),
    ),
    [],
  );
  const disposable = await createDisposable(system.app, template, system.app.qubes.admin);
  t.is(await outdatedReason(disposable), undefined);
});

test('a change of the template outdates what was made before where it does not follow', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  for (const [property, value] of Object.entries(SETTINGS)) {
    const disposable = await createDisposable(app, system.qube(TEMPLATE), app.qubes.admin);
    system.set(TEMPLATE, property, value);
    const differing = differingProperties(disposable);
    t.is(differing.includes(property), OUTDATING.includes(property), property);
    const expected = differing.length > 0 ? `properties: ${differing.join(', ')}` : undefined;
    t.is(await outdatedReason(disposable), expected);
    if (property !== 'label') system.reset(TEMPLATE, property);
  }
});

test('a disposable is outdated when a template has shut down that its volumes begin from', async (t) => {
  const { app, ask } = await openSystem(t);
  const call = async (text: string, payload = ''): Promise<string> => {
    const [method = '', destination = ''] = text.split(' ');
    const reply = await ask(`admin.vm.${method} dom0 name ${destination}`, payload);
    t.true(reply.startsWith('0\0'), reply);
    return reply.slice(2);
  };
  const made = async () => {
    const name = await call(`CreateDisposable+ ${TEMPLATE}`);
    await call(`Start+ ${name}`);
    const disposable = app.qubes.find(name);
    if (disposable === undefined) throw new Error(`There is no ${name}`);
    t.is(await outdatedReason(disposable), undefined);
    return disposable;
  };
  await call(`property.Set+netvm ${TEMPLATE}`);
  const before = await made();
  for (const [template, volume] of [
    ['fedora-41', 'root'],
    [TEMPLATE, 'private'],
  ] as const) {
    const disposable = await made();
    await call(`Start+ ${template}`);
    t.is(await outdatedReason(disposable), undefined, 'nothing is new before it has shut down');
    await call(`Shutdown+wait ${template}`);
    t.is(await outdatedReason(disposable), `volumes_outdated: ${volume}`);
  }
  const disposable = await made();
  await call(`volume.Resize+private ${TEMPLATE}`, '3221225472');
  t.is(await outdatedReason(disposable), 'volumes_size: private');
  t.is(await outdatedReason(before), 'volumes_size: private');
});

test('a disposable whose volumes cannot be judged counts as outdated', async (t) => {
  const system = await SampleSystem.open(t);
  const { app } = system;
  const disposable = await createDisposable(app, system.qube(TEMPLATE), app.qubes.admin);
  app.apply(() => {
    app.pools = app.pools.filter(({ name }) => name !== 'varlibqubes');
  });
  t.is(await outdatedReason(disposable), 'volumes: Unknown storage pool varlibqubes');
});
