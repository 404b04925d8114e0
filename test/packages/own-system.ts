import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { fileList } from '../../rpm/file-list.ts';
import { ownSystem } from '../../rpm/place.ts';
import { sandbox } from '../support/sandbox.ts';
import { release } from './release.ts';
import { treeOf, treeOfEntries } from './tree.ts';

const LONG = 10 * 60 * 1000;

test('make install puts everything in force below DESTDIR, and can do it twice', async (t) => {
  t.timeout(LONG);
  const { tree } = await release();
  const folder = join(await sandbox(t), 'installed');
  const install = ['--import=./register.mjs', 'rpm/install.ts', folder, '/opt/qubes-rpc'];
  await execa(process.execPath, install, { cwd: tree });
  await execa(process.execPath, install, { cwd: tree });

  const entries = await fileList(tree, join(tree, 'dist'), ownSystem('/opt/qubes-rpc'));
  const found = await treeOf(folder);
  for (const [path, line] of await treeOfEntries(entries)) t.is(found.get(path), line, path);
  const services = await readdir(join(folder, 'etc', 'qubes-rpc'));
  const built = await readdir(join(tree, 'dist', 'services'));
  t.deepEqual(services.sort(), built.filter((name) => !name.startsWith('internal.')).sort());
  t.true((await readdir(join(folder, 'etc/qubes/rpc-config'))).includes('qubes.WaitForSession'));
  const units = join(folder, 'opt/qubes-rpc/lib/systemd/system');
  const unit = await readFile(join(units, 'qubes-preload-dispvm.service'), 'utf8');
  t.regex(unit, /^ExecStart=\/opt\/qubes-rpc\/libexec\/qubes-rpc\/preload-dispvm/m);

  const service = join(folder, 'etc', 'qubes-rpc', 'qubes.RestoreById');
  t.regex(await readlink(service), /^\.\.\//);
  const { exitCode, stderr } = await execa(service, ['?'], { cwd: '/', reject: false });
  t.is(exitCode, 1);
  t.is(stderr, 'Invalid location ID');
});
