import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { NeedsError, UsageError } from '../../lib/base/errors.ts';
import { isFileName } from '../../lib/base/file-name.ts';
import { openFolder, type Folder } from '../../lib/base/folder.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function opened(t: ExecutionContext): Promise<{ path: string; folder: Folder }> {
  const path = await temporaryFolder(t);
  const folder = await openFolder(path);
  t.teardown(() => folder.close());
  return { path, folder };
}

const gone = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => false,
    () => true,
  );

test('names that lead elsewhere are no names', async (t) => {
  const { folder } = await opened(t);
  for (const name of [
    '',
    '.',
    '..',
    'a/b',
    '/',
    '../x',
    'a\0b',
    'x'.repeat(256),
    'é'.repeat(128),
  ]) {
    t.false(isFileName(name), name);
    await t.throwsAsync(folder.createFile(name), { instanceOf: UsageError }, name);
    await t.throwsAsync(folder.makeFolder(name), { instanceOf: UsageError }, name);
    await t.throwsAsync(folder.removeTree(name), { instanceOf: UsageError }, name);
    await t.throwsAsync(folder.rename('x', name), { instanceOf: UsageError }, name);
    await t.throwsAsync(folder.link(folder, name, 'x'), { instanceOf: UsageError }, name);
  }
  for (const name of ['...', '.a', ' ', '\n', 'x'.repeat(255)]) t.true(isFileName(name), name);
});

test('a file is created only where nothing is, not even a dangling link', async (t) => {
  const { path, folder } = await opened(t);
  await symlink(join(path, 'elsewhere'), join(path, 'link'));
  await t.throwsAsync(folder.createFile('link'), { instanceOf: NeedsError, message: /exists/ });
  t.true(await gone(join(path, 'elsewhere')));
  await (await folder.createFile('file')).close();
  await t.throwsAsync(folder.createFile('file'), { instanceOf: NeedsError, message: /exists/ });
  t.is((await stat(join(path, 'file'))).mode & 0o777, 0o600);
});

test('a link to a folder is not entered', async (t) => {
  const { path, folder } = await opened(t);
  await mkdir(join(path, 'real'));
  await symlink('real', join(path, 'link'));
  await t.throwsAsync(folder.openFolder('link'), { instanceOf: NeedsError });
  await t.throwsAsync(openFolder(join(path, 'link')), { instanceOf: NeedsError });
});

test('an opened folder stays itself when its path is replaced by a link', async (t) => {
  const { path, folder } = await opened(t);
  await mkdir(join(path, 'other'));
  const inner = await folder.makeFolder('inner');
  t.teardown(() => inner.close());
  await folder.rename('inner', 'moved');
  await symlink('other', join(path, 'inner'));
  await (await inner.createFile('file')).close();
  t.true(await gone(join(path, 'other/file')));
  t.false(await gone(join(path, 'moved/file')));
});

test('links are made as told, names need not be UTF-8', async (t) => {
  const { path, folder } = await opened(t);
  await folder.symlink('/no\udcffwhere', 'a\udcfe');
  t.deepEqual(await folder.names(), ['a\udcfe']);
  const target = await readlink(Buffer.concat([Buffer.from(`${path}/a`), Buffer.of(0xfe)]), {
    encoding: 'buffer',
  });
  t.deepEqual(target, Buffer.concat([Buffer.from('/no'), Buffer.of(0xff), Buffer.from('where')]));
});

test('a second name of a link is the link, not its target', async (t) => {
  const { path, folder } = await opened(t);
  await writeFile(join(path, 'target'), 'x');
  await folder.symlink('target', 'link');
  await folder.link(folder, 'link', 'second');
  t.true((await lstat(join(path, 'second'))).isSymbolicLink());
  t.is((await stat(join(path, 'target'))).nlink, 1);
});

test('a tree is removed whole, locked folders included, and links in it lead nowhere', async (t) => {
  const { path, folder } = await opened(t);
  await mkdir(join(path, 'kept'));
  await writeFile(join(path, 'kept/file'), 'precious');
  await mkdir(join(path, 'tree/locked/deep'), { recursive: true });
  await writeFile(join(path, 'tree/locked/deep/file'), 'x');
  await symlink('../kept', join(path, 'tree/link'));
  await symlink(join(path, 'kept/file'), join(path, 'tree/locked/link'));
  await chmod(join(path, 'tree/locked'), 0o000);
  await folder.removeTree('tree');
  t.deepEqual(await folder.names(), ['kept']);
  t.is(await readFile(join(path, 'kept/file'), 'utf8'), 'precious');
});

test('removing a tree that is a link removes the link', async (t) => {
  const { path, folder } = await opened(t);
  await mkdir(join(path, 'kept'));
  await symlink('kept', join(path, 'link'));
  await folder.removeTree('link');
  t.deepEqual(await folder.names(), ['kept']);
});

test('removing what is not there is no error', async (t) => {
  const { folder } = await opened(t);
  await t.notThrowsAsync(folder.remove('x'));
  await t.notThrowsAsync(folder.removeTree('x'));
  t.false(await folder.has('x'));
});

test('a refusal of the system tells what, where and why', async (t) => {
  const { path } = await opened(t);
  const error = await t.throwsAsync(openFolder(join(path, 'ab\x1bsent')), {
    instanceOf: NeedsError,
  });
  t.is(error.message, `Cannot open the folder ${path}/ab_sent: it does not exist`);
});
