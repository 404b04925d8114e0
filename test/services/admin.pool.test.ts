import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import test from 'ava';
import fc from 'fast-check';

import { openSystem } from '../support/admin-system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DOM0 = 'dom0 name dom0';

/** What adds a pool of files in a folder. */
const files = (name: string, folder: string): string =>
  `name=${name}\ndir_path=${folder}\nsetup_check=False`;

test('a pool is added, used, found in use, and removed when nothing is in it', async (t) => {
  const system = await openSystem(t);
  const { ask, root } = system;
  const folder = join(root, 'more', 'qubes');
  t.is(await ask(`admin.pool.Add+file-reflink ${DOM0}`, files('more', folder)), '0\0');
  t.true((await stat(folder)).isDirectory());
  t.is(await ask(`admin.pool.List+ ${DOM0}`), '0\0varlibqubes\nlinux-kernel\nmore\n');
  t.regex(
    await ask(`admin.pool.Info+more ${DOM0}`),
    new RegExp(
      `^0\\0dir_path=${folder}\\ndriver=file-reflink\\nephemeral_volatile=False\\nname=more\\n` +
        'revisions_to_keep=1\\nsize=\\d+\\nusage=\\d+\\nincluded_in=varlibqubes\\n$',
    ),
  );
  t.is(await ask(`admin.pool.Set.revisions_to_keep+more ${DOM0}`, '4'), '0\0');
  t.is(
    await ask(`admin.vm.CreateInPool.AppVM+fedora-41 ${DOM0}`, 'name=new label=red pool=more'),
    '0\0',
  );
  t.true((await stat(join(folder, 'appvms', 'new', 'private.img'))).isFile());
  t.regex(await ask('admin.vm.volume.Info+private dom0 name new'), /^revisions_to_keep=4$/m);
  t.is(
    await ask(`admin.pool.volume.List+more ${DOM0}`),
    '0\0appvms/new/private\nappvms/new/volatile\n',
  );
  const inUse = '2\0QubesPoolInUseError\0\0Storage pool is in use: ';
  t.is(await ask(`admin.pool.Remove+more ${DOM0}`), `${inUse}'more'\0`);
  t.is(await ask('admin.vm.Remove+ dom0 name new'), '0\0');
  t.is(await ask(`admin.property.Set+default_pool_volatile ${DOM0}`, 'more'), '0\0');
  t.is(await ask(`admin.pool.Remove+more ${DOM0}`), `${inUse}set as default_pool_volatile\0`);
  t.is(await ask(`admin.property.Reset+default_pool_volatile ${DOM0}`), '0\0');
  const heard: string[] = [];
  t.teardown(
    system.app.addObserver((_, event, { pool }) => {
      if (event.startsWith('pool-')) heard.push(`${event} ${typeof pool === 'string' ? pool : ''}`);
    }),
  );
  t.is(await ask(`admin.pool.Remove+more ${DOM0}`), '0\0');
  t.deepEqual(heard, ['pool-pre-delete more', 'pool-delete more']);
  const again = await system.reopen();
  t.is(await again.ask(`admin.pool.List+ ${DOM0}`), '0\0varlibqubes\nlinux-kernel\n');
});

test('pools of one name are added one after the other: the second is refused', async (t) => {
  const { ask, app } = await openSystem(t);
  const folder = join(await temporaryFolder(t), 'pool');
  const both = [1, 2].map(() => ask(`admin.pool.Add+file-reflink ${DOM0}`, files('more', folder)));
  t.deepEqual(await Promise.all(both), [
    '0\0',
    "2\0QubesPoolInUseError\0\0Storage pool is in use: 'more'\0",
  ]);
  t.is(app.pools.filter(({ name }) => name === 'more').length, 1);
});

test('a pool that goes while a qube is created in it takes the new qube with it', async (t) => {
  const { ask, app, logged } = await openSystem(t);
  const folder = join(await temporaryFolder(t), 'pool');
  await ask(`admin.pool.Add+file-reflink ${DOM0}`, files('more', folder));
  const created = ask(
    `admin.vm.CreateInPool.AppVM+fedora-41 ${DOM0}`,
    'name=new label=red pool:private=more',
  );
  while (!existsSync(join(folder, 'appvms', 'new', 'private.img'))) await setImmediate();
  t.is(await ask(`admin.pool.Remove+more ${DOM0}`), '0\0');
  t.is(await created, '2\0QubesException\0\0Unknown storage pool more\0');
  t.is(app.qubes.find('new'), undefined);
  t.deepEqual(await readdir(folder, { recursive: true }), ['appvms', 'vm-templates']);
  t.deepEqual(logged, []);
});

test('a pool whose folder cannot be made is not added', async (t) => {
  const { ask, storeFile, logged } = await openSystem(t);
  const before = await readFile(storeFile);
  for (const folder of ['/proc/nowhere', 'relative']) {
    const reply = await ask(`admin.pool.Add+file-reflink ${DOM0}`, files('more', folder));
    t.regex(reply, /^2\0(StoragePoolException|QubesValueError)\0\0/, folder);
  }
  t.is(await ask(`admin.pool.List+ ${DOM0}`), '0\0varlibqubes\nlinux-kernel\n');
  t.deepEqual(await readFile(storeFile), before);
  t.deepEqual(logged, []);
});

test('whatever is asked of a new pool, the store can be read afterwards', async (t) => {
  const { ask, logged, app } = await openSystem(t);
  const folder = await temporaryFolder(t);
  const text = fc.oneof(
    fc.constantFrom('name', 'dir_path', 'setup_check', 'revisions_to_keep', 'ephemeral_volatile'),
    fc.string({ maxLength: 12 }),
  );
  const line = fc.oneof(
    fc.constant(`dir_path=${folder}`),
    fc.constant('setup_check=False'),
    fc.stringMatching(/^name=[a-z.]{0,3}$/),
    fc.tuple(text, text).map(([key, value]) => `${key}=${value}`),
    text,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 5 }),
      fc.constantFrom('\n', '\r\n'),
      async (lines, end) => {
        const payload = lines.join(end);
        const reply = await ask(`admin.pool.Add+file-reflink ${DOM0}`, payload);
        t.regex(reply, /^(0\0$|2\0\w+\0\0)/);
      },
    ),
  );
  for (const { name, config } of app.pools) {
    t.regex(name, /^[a-zA-Z0-9_.-]+$/);
    for (const value of config.values()) t.regex(value, /^[\x20-\x7e]*$/);
  }
  t.deepEqual(logged, []);
});

test('options that a kind of pools does not have cannot be set', async (t) => {
  const { ask } = await openSystem(t);
  t.is(
    await ask(`admin.pool.Set.revisions_to_keep+linux-kernel ${DOM0}`, '3'),
    '2\0QubesValueError\0\0LinuxKernel supports only revisions_to_keep=0\0',
  );
  t.is(await ask(`admin.pool.Set.revisions_to_keep+linux-kernel ${DOM0}`, '0'), '0\0');
  t.is(
    await ask(`admin.pool.Set.ephemeral_volatile+linux-kernel ${DOM0}`, 'True'),
    '2\0QubesValueError\0\0Pool linux-kernel has no volatile volumes\0',
  );
  t.is(await ask(`admin.pool.volume.List+linux-kernel ${DOM0}`), '0\x006.6.1\n');
});
