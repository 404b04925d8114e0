import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { openSystem } from '../support/admin-system.ts';
import type { AdminSystem } from '../support/admin-system.ts';

const NEW = 'new content';

/** Writes content as an import between its two halves does. */
async function write(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(NEW);
  await file.close();
}

/** Begins an import of a volume, and says where it is to be written. */
async function begin(
  { ask }: AdminSystem,
  qube: string,
  size: number,
): Promise<{ readonly path: string; readonly reply: string }> {
  const reply = await ask(`internal.vm.volume.ImportBegin+private dom0 name ${qube}`, String(size));
  return { path: reply.split(' ').slice(1).join(' '), reply };
}

const image = ({ root }: AdminSystem, qube: string): string =>
  join(root, 'appvms', qube, 'private.img');

async function end({ ask }: AdminSystem, qube: string, payload = 'ok'): Promise<string> {
  return ask(`internal.vm.volume.ImportEnd+private dom0 name ${qube}`, payload);
}

async function observed(
  t: ExecutionContext,
  { app }: AdminSystem,
  work: () => Promise<unknown>,
): Promise<readonly string[]> {
  const events: string[] = [];
  t.teardown(
    app.addObserver((subject, event, payload) => {
      // A question of the host to itself, which nobody is told of.
      if (event.startsWith('admin-permission:')) return;
      events.push([subject?.name, event, ...Object.values(payload).map(String)].join(' '));
    }),
  );
  await work();
  return events;
}

test('an import becomes the content, with its size in the store, and the old one a revision', async (t) => {
  const system = await openSystem(t);
  const events = await observed(t, system, async () => {
    const { path, reply } = await begin(system, 'work', NEW.length);
    t.is(reply, `0\0${NEW.length} ${path}`);
    await write(path);
    t.is((await stat(image(system, 'work'))).size, 2 ** 31, 'until its end it is not seen');
    t.is(await end(system, 'work'), '0\0');
  });
  t.deepEqual(events, [
    `work domain-volume-import-begin private ${NEW.length}`,
    'work domain-volume-import-end private true',
  ]);
  const { ask } = await system.reopen();
  t.is(await readFile(image(system, 'work'), 'utf8'), NEW);
  t.regex(await ask('admin.vm.volume.Info+private dom0 name work'), /^size=11$/m);
  t.is(await ask('admin.vm.volume.ListSnapshots+private dom0 name work'), '0\x001\n');
  t.is(await ask('admin.vm.volume.Revert+private dom0 name work', '1'), '0\0');
  t.regex(await ask('admin.vm.volume.Info+private dom0 name work'), /^size=2147483648$/m);
  t.regex(
    await readFile(system.storeFile, 'utf8'),
    /vid="appvms\/work\/private".* size="2147483648"/,
  );
});

test('an import that failed leaves the old content, and says why', async (t) => {
  const system = await openSystem(t);
  const events = await observed(t, system, async () => {
    const { path } = await begin(system, 'work', 5);
    await write(path);
    t.is(
      await end(system, 'work', 'fail\nno\nway\x1b'),
      '2\0QubesException\0\0Data import failed: no_way_\0',
    );
  });
  t.is(events.at(-1), 'work domain-volume-import-end private false');
  t.is((await stat(image(system, 'work'))).size, 2 ** 31);
  t.is(await system.ask('admin.vm.volume.ListSnapshots+private dom0 name work'), '0\0');
});

test('an end without a beginning is refused, also after another end and after a restart', async (t) => {
  const system = await openSystem(t);
  const refusal = '2\0QubesException\0\0No import of the volume private of work is under way\0';
  t.is(await end(system, 'work'), refusal);
  await begin(system, 'work', 5);
  t.is(await end(system, 'work'), '0\0');
  t.is(await end(system, 'work'), refusal);
  const { path } = await begin(system, 'work', 5);
  const again = await system.reopen();
  t.is(await end(again, 'work'), refusal);
  await t.throwsAsync(stat(path), { code: 'ENOENT' }, 'what was left of it is gone');
});

test('while somebody imports, nobody else does, nor clears, resizes, reverts or clones to it', async (t) => {
  const system = await openSystem(t);
  const { path } = await begin(system, 'work', NEW.length);
  const file = await open(path, 'r+');
  const refusal = '2\0QubesException\0\0The volume private of work is being imported already\0';
  t.is((await begin(system, 'work', 5)).reply, refusal);
  const { ask } = system;
  t.is(await ask('admin.vm.volume.Clear+private dom0 name work'), refusal);
  t.is(await ask('admin.vm.volume.Resize+private dom0 name work', '4096'), refusal);
  const token = (await ask('admin.vm.volume.CloneFrom+private dom0 name vault')).slice(2);
  t.is(await ask('admin.vm.volume.CloneTo+private dom0 name work', token), refusal);
  await file.write(NEW);
  t.is(await end(system, 'work'), '0\0');
  await file.close();
  t.is(await readFile(image(system, 'work'), 'utf8'), NEW);
});

test('an import whose process is gone makes way for the next one', async (t) => {
  const system = await openSystem(t);
  const { path } = await begin(system, 'work', NEW.length);
  await write(path);
  const events = await observed(t, system, async () => {
    t.regex((await begin(system, 'work', 7)).reply, /^0\x007 /);
  });
  t.deepEqual(events, [
    'work domain-volume-import-end private false',
    'work domain-volume-import-begin private 7',
  ]);
  t.is(await end(system, 'work'), '0\0');
  t.deepEqual(await readFile(image(system, 'work')), Buffer.alloc(7));
});

test('a qube is not started while somebody imports, so that no start ends the import of another', async (t) => {
  const system = await openSystem(t);
  const { path } = await begin(system, 'vault', NEW.length);
  const file = await open(path, 'r+');
  t.teardown(() => file.close());
  t.is(
    await system.ask('admin.vm.Start+ dom0 name vault'),
    '2\0QubesException\0\0The volume private of vault is being imported already\0',
  );
  await file.write(NEW);
  t.is(await end(system, 'vault'), '0\0');
  t.is(await readFile(image(system, 'vault'), 'utf8'), NEW);
  t.deepEqual(system.logged, []);
});

test('a running qube keeps its content, also when an import was given up for its start', async (t) => {
  const system = await openSystem(t);
  const { ask } = system;
  await begin(system, 'vault', 5);
  t.is(await ask('admin.vm.Start+ dom0 name vault'), '0\0');
  const notHalted = "2\0QubesVMNotHaltedError\0\0Domain is not powered off: 'vault'\0";
  t.is(
    await end(system, 'vault'),
    '2\0QubesException\0\0No import of the volume private of vault is under way\0',
  );
  t.is((await begin(system, 'vault', 5)).reply, notHalted);
  t.is(await ask('admin.vm.volume.Clear+private dom0 name vault'), notHalted);
  t.is(await ask('admin.vm.volume.Set.rw+private dom0 name vault', 'False'), notHalted);
  t.is(await ask('admin.vm.volume.Set.revisions_to_keep+private dom0 name vault', '-1'), notHalted);
  t.is(await ask('admin.vm.volume.Set.revisions_to_keep+private dom0 name vault', '4'), '0\0');
  t.regex(
    await ask('admin.vm.volume.Revert+private dom0 name vault', '1'),
    /^2\0StoragePoolException\0\0/,
  );
  t.is(await ask('admin.vm.volume.Resize+private dom0 name vault', String(2 ** 32)), '0\0');
  t.regex(await ask('admin.vm.volume.Info+private dom0 name vault'), /^size=4294967296$/m);
  t.is(await ask('admin.vm.Kill+ dom0 name vault'), '0\0');
  t.is((await stat(image(system, 'vault'))).size, 2 ** 32);
  t.deepEqual(system.logged, []);
});

test('an import of a qube that was removed meanwhile ends with an error, also for one of its name', async (t) => {
  const system = await openSystem(t);
  const { ask } = system;
  await ask('admin.vm.Create.AppVM+fedora-41 dom0 name dom0', 'name=short label=red');
  await begin(system, 'short', 5);
  t.is(await ask('admin.vm.Remove+ dom0 name short'), '0\0');
  t.regex(await end(system, 'short'), /^2\0QubesVMNotFoundError\0/);
  await ask('admin.vm.Create.AppVM+fedora-41 dom0 name dom0', 'name=short label=red');
  t.regex(await end(system, 'short'), /No import of the volume private of short is under way/);
});

test('a volume that is not saved, or not there, takes no import', async (t) => {
  const { ask, logged } = await openSystem(t);
  for (const volume of ['root', 'volatile', 'kernel']) {
    t.regex(
      await ask(`internal.vm.volume.ImportBegin+${volume} dom0 name work`),
      /^2\0StoragePoolException\0\0/,
      volume,
    );
  }
  const none = /^2\0ProtocolError\0\0Argument not in (work|dom0|remote1) volumes\0$/;
  for (const [volume, qube] of [
    ['nosuch', 'work'],
    ['root', 'dom0'],
    ['x', 'remote1'],
  ] as const) {
    t.regex(await ask(`internal.vm.volume.ImportBegin+${volume} dom0 name ${qube}`), none);
    t.regex(await ask(`internal.vm.volume.ImportEnd+${volume} dom0 name ${qube}`, 'ok'), none);
  }
  t.regex(
    await ask('internal.vm.volume.ImportBegin+private dom0 name work', '012'),
    /^2\0ProtocolError\0\0Size of new data contains spurious leading zeros\0$/,
  );
  t.regex(
    await ask('internal.vm.volume.ImportBegin+private dom0 name work', '9999999999999999999'),
    /^2\0QubesValueError\0\0Size of new data is too large\0$/,
  );
  t.deepEqual(logged, []);
});

test('a token copies a volume once, and is worth nothing without its volume or after a restart', async (t) => {
  const system = await openSystem(t);
  const { ask } = system;
  const { path } = await begin(system, 'work', NEW.length);
  await write(path);
  await end(system, 'work');
  const token = (await ask('admin.vm.volume.CloneFrom+private dom0 name work')).slice(2);
  const unknown =
    "2\0QubesVolumeCopyTokenNotFoundError\0\0'Token to clone volume of qube was not found'\0";
  const events = await observed(t, system, async () => {
    t.is(await ask('admin.vm.volume.CloneTo+private dom0 name vault', token), '0\0');
  });
  t.deepEqual(events, ['vault domain-import-volume private appvms/work/private']);
  t.is(await readFile(image(system, 'vault'), 'utf8'), NEW);
  t.regex(await readFile(system.storeFile, 'utf8'), /vid="appvms\/vault\/private".* size="11"/);
  t.is(await ask('admin.vm.volume.CloneTo+private dom0 name vault', token), unknown);

  await ask('admin.vm.Create.AppVM+fedora-41 dom0 name dom0', 'name=short label=red');
  const ofRemoved = (await ask('admin.vm.volume.CloneFrom+private dom0 name short')).slice(2);
  await ask('admin.vm.Remove+ dom0 name short');
  t.is(await ask('admin.vm.volume.CloneTo+private dom0 name vault', ofRemoved), unknown);

  const old = (await ask('admin.vm.volume.CloneFrom+private dom0 name work')).slice(2);
  const again = await system.reopen();
  t.is(await again.ask('admin.vm.volume.CloneTo+private dom0 name vault', old), unknown);
});

test('settings of a volume are in the store, in the order of the reference', async (t) => {
  const { ask, storeFile } = await openSystem(t);
  t.is(await ask('admin.vm.volume.Set.ephemeral+volatile dom0 name work', 'True'), '0\0');
  t.is(await ask('admin.vm.volume.Set.rw+volatile dom0 name work', 'no'), '0\0');
  t.is(await ask('admin.vm.volume.Set.revisions_to_keep+volatile dom0 name work', '3'), '0\0');
  t.regex(
    await readFile(storeFile, 'utf8'),
    /vid="appvms\/work\/volatile" revisions_to_keep="3" rw="False" save_on_stop="False" snap_on_start="False" ephemeral="True" size="10737418240"\/>/,
  );
});

test('a kernel is nothing that is written or has older states', async (t) => {
  const { ask, logged } = await openSystem(t);
  const kernel = 'dom0 name work';
  t.regex(
    await ask(`admin.vm.volume.Set.rw+kernel ${kernel}`, 'True'),
    /^2\0QubesValueError\0\0LinuxModules supports only read-only volumes\0$/,
  );
  t.regex(
    await ask(`admin.vm.volume.Set.revisions_to_keep+kernel ${kernel}`, '3'),
    /^2\0QubesValueError\0\0LinuxModules supports only revisions_to_keep=0\0$/,
  );
  for (const [call, payload] of [
    ['Resize', '5000'],
    ['Clear', ''],
  ] as const) {
    t.regex(
      await ask(`admin.vm.volume.${call}+kernel ${kernel}`, payload),
      /^2\0StoragePoolException\0\0/,
    );
  }
  t.is(await ask(`admin.vm.volume.ListSnapshots+kernel ${kernel}`), '0\0');
  t.deepEqual(logged, []);
});

test('a qube that runs an older state of its template is not heard about updates', async (t) => {
  const { ask } = await openSystem(t);
  const info = 'admin.vm.volume.Info+root dom0 name vault';
  const noted = 'admin.vm.feature.Get+updates-available dom0 name fedora-41';
  t.is(await ask('admin.vm.Start+ dom0 name vault'), '0\0');
  t.regex(await ask(info), /^is_outdated=False$/m);
  t.is(await ask('admin.vm.volume.Clear+root dom0 name fedora-41'), '0\0');
  t.regex(await ask(info), /^is_outdated=True$/m);
  t.is(await ask('qubes.NotifyUpdates+ vault name dom0', '3'), '0\0');
  t.regex(await ask(noted), /^2\0QubesFeatureNotFoundError\0/);
  t.is(await ask('admin.vm.Kill+ dom0 name vault'), '0\0');
  t.is(await ask('admin.vm.Start+ dom0 name vault'), '0\0');
  t.is(await ask('qubes.NotifyUpdates+ vault name dom0', '3'), '0\0');
  t.is(await ask(noted), '0\x001');
});
