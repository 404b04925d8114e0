import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { openFileSource } from '../../../lib/archive/outer/source.ts';
import { openBackup } from '../../../lib/archive/open-backup.ts';
import { FORMAT_4_FIXTURES, fixtureBackup } from '../../support/fixture-backup.ts';
import { openIn, qubeOf, read, REAL_STORES, realStore } from '../../support/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

for (const path of REAL_STORES) {
  test(`${path} is written as the reference wrote it`, (t) => {
    const store = read(realStore(path));
    t.is(store.write(), realStore(path));
    t.deepEqual(store.notes, []);
  });

  test(`${path} comes back from the disk after changes that were taken back`, async (t) => {
    const folder = await temporaryFolder(t);
    const { app, close } = await openIn(folder, realStore(path));
    const written = () => readFile(join(folder, 'qubes.xml'), 'utf8');
    app.apply(() => {
      app.qubes.admin.features.set('x-test', '1');
      app.labels = [...app.labels, { index: 99, name: 'x-test', color: '0x010203' }];
    });
    await app.save();
    t.true((await written()).includes('<feature name="x-test">1</feature>'));
    t.true((await written()).includes('<label id="label-99" color="0x010203">x-test</label>'));
    app.apply(() => {
      app.qubes.admin.features.delete('x-test');
      app.labels = app.labels.filter(({ index }) => index !== 99);
    });
    await app.save();
    await close();
    t.is(await written(), realStore(path));
  });
}

for (const name of FORMAT_4_FIXTURES) {
  test(`the store in the backup ${name} is written as the reference wrote it`, async (t) => {
    const { path, manifest } = await fixtureBackup(name);
    const backup = await openBackup(await openFileSource(path), {
      passphrases: [manifest.passphrase],
    });
    const folder = join(await temporaryFolder(t), 'out');
    try {
      await backup.extract(folder, { include: ['dom0'] });
    } finally {
      await backup.close();
    }
    const xml = await readFile(join(folder, 'qubes.xml'), 'utf8');
    const store = read(xml);
    t.is(store.write(), xml);
    t.is(read(store.write()).write(), xml);
  });
}

test('what is read is what the store says', (t) => {
  const { app } = read(realStore('xml/v4-zstd.qubes.xml'));
  const work = qubeOf(app, 'work');
  t.is(work.find(work.property('netvm')), qubeOf(app, 'sys-firewall'));
  t.is(work.find(work.property('memory')), 600);
  t.is(work.find(work.property('kernelopts')), 'nopat apparmor=1');
  t.is(work.features.get('vm-config.greeting'), `a<b & "c" 'd'`);
  t.deepEqual([...work.tags].slice(2), ['team-blue', 'X-1', 'backup_daily']);
  t.deepEqual(work.devices.list(), [
    {
      deviceClass: 'block',
      backend: 'sys-usb',
      port: 'sda1',
      device: '0951:1666:KINGSTON_DT_60A44C3F:u08',
      mode: 'auto-attach',
      options: new Map([
        ['frontend-dev', 'xvdj'],
        ['read-only', 'True'],
      ]),
    },
  ]);
  t.is(work.volumes.get('private')?.get('size'), '20971520');
  t.is(app.label('teal').color, '0x1abc9c');
  t.is(app.pool('varlibqubes')?.driver, 'file');
  t.true([...app.qubes].every(({ presence }) => presence === 'listed'));
});
