import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { embeddedDoors } from '../../../lib/cli/embedded-doors.ts';
import { DamagedError, NeedsError } from '../../../lib/base/errors.ts';
import { adoptStore, createStore } from '../../../lib/model/store/create-store.ts';
import { open, read, realStore } from '../../support/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a fresh system has labels, dom0 and two pools, and their folders', async (t) => {
  const folder = join(await temporaryFolder(t), 'new', 'system');
  await createStore(folder, embeddedDoors(folder));
  t.is(
    (await readFile(join(folder, 'qubes.xml'), 'utf8')).replace(/ {4}<label .*\n/g, ''),
    `<qubes>
  <labels>
  </labels>
  <pools>
    <pool name="varlibqubes" dir_path="${folder}" driver="file-reflink" revisions_to_keep="1" ephemeral_volatile="False"/>
    <pool name="linux-kernel" dir_path="${folder}/vm-kernels" driver="linux-kernel"/>
  </pools>
  <properties>
    <property name="default_pool_kernel">linux-kernel</property>
  </properties>
  <domains>
    <domain id="domain-0" class="AdminVM">
      <properties>
        <property name="label">black</property>
      </properties>
      <features/>
      <tags/>
    </domain>
  </domains>
</qubes>
`,
  );
  for (const name of ['appvms', 'vm-templates', 'vm-kernels']) {
    t.true((await stat(join(folder, name))).isDirectory());
  }
  const { app, close } = await open(folder);
  t.is(app.labels.length, 8);
  t.is(app.find(app.property('default_pool')), 'varlibqubes');
  await close();
});

test('a system that is there is not replaced', async (t) => {
  const folder = await temporaryFolder(t);
  await createStore(folder, embeddedDoors(folder));
  const before = await readFile(join(folder, 'qubes.xml'), 'utf8');
  for (const make of [
    createStore(folder, embeddedDoors(folder)),
    adoptStore(folder, Buffer.from(realStore('xml/store.qubes.xml')), embeddedDoors(folder)),
  ]) {
    const error = await t.throwsAsync(make, { instanceOf: NeedsError });
    t.is(error.message, `Cannot make a system in ${folder}: there is one already`);
    t.is(error.facts.hint, 'Choose another folder with --root.');
  }
  t.is(await readFile(join(folder, 'qubes.xml'), 'utf8'), before);
});

test('a store that is taken over is the same but for the folders of its pools', async (t) => {
  const folder = await temporaryFolder(t);
  const pool = (name: string, path: string) =>
    `    <pool name="${name}" dir_path="${path}" driver="file"/>\n`;
  const others =
    pool('here', '/var/lib/qubes/../qubes/more') +
    pool('there', '/srv/qubes') +
    pool('away', '/var/lib/qubes/../../etc');
  const lvm =
    '    <pool name="lvm" volume_group="vg" thin_pool="tp" driver="lvm_thin" revisions_to_keep="1" ephemeral_volatile="False"/>\n';
  const xml = realStore('xml/v4-zstd.qubes.xml').replace(
    '  </pools>\n',
    `${others}${lvm}  </pools>\n  <future/>\n`,
  );
  await adoptStore(folder, Buffer.from(xml), embeddedDoors(folder));
  const moved =
    pool('here', `${folder}/more`) +
    pool('there', `${folder}/pools/there`) +
    pool('away', `${folder}/pools/away`);
  t.is(
    await readFile(join(folder, 'qubes.xml'), 'utf8'),
    xml.replace(others, moved).replaceAll('"/var/lib/qubes', `"${folder}`),
  );
  for (const path of ['more', 'pools/there', 'pools/away', 'vm-kernels', 'appvms']) {
    t.true((await stat(join(folder, path))).isDirectory(), path);
  }
  const { app, close } = await open(folder);
  t.is(app.qubes.size, read(xml).app.qubes.size);
  await close();
});

test('a store that cannot be loaded is not taken over', async (t) => {
  const folder = await temporaryFolder(t);
  const xml = realStore('xml/store.qubes.xml');
  const bad = [
    xml.replace('>sys-net</property>', '>gone</property>'),
    xml.replace('name="varlibqubes" dir_path="/var/lib/qubes"', 'name="../x" dir_path="/srv"'),
    xml.slice(0, -20),
  ];
  for (const one of bad) {
    await t.throwsAsync(adoptStore(folder, Buffer.from(one), embeddedDoors(folder)), {
      instanceOf: DamagedError,
    });
    await t.throwsAsync(stat(join(folder, 'qubes.xml')), { code: 'ENOENT' });
  }
});

test('a store of a system in another folder keeps its default pool', async (t) => {
  const folder = await temporaryFolder(t);
  const xml = realStore('xml/store.qubes.xml').replaceAll('/var/lib/qubes', '/srv/elsewhere');
  await adoptStore(folder, Buffer.from(xml), embeddedDoors(folder));
  const text = await readFile(join(folder, 'qubes.xml'), 'utf8');
  t.true(text.includes(`<pool name="varlibqubes" dir_path="${folder}"`), text.slice(0, 2000));
  t.true(text.includes(`dir_path="${folder}/vm-kernels"`));
});
