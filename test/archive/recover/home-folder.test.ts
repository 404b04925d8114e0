import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import {
  extractHome,
  verifyHome,
  type HomeSummary,
} from '../../../lib/archive/recover/home-folder.ts';
import { readInnerTar } from '../../../lib/archive/inner/inner-tar.ts';
import { CancelledError, DamagedError, NeedsError } from '../../../lib/base/errors.ts';
import { openFolder, type Folder } from '../../../lib/base/folder.ts';
import { mountSmallDisk } from '../../base/small-disk.ts';
import { temporaryFolder } from '../../base/temporary-folder.ts';
import { END, entry, gnuSparse, inPieces, pax, type HeaderFields } from '../inner/tar-bytes.ts';

const HOME = 'dom0-home/user';
const start = entry({ name: `${HOME}/`, type: '5', mode: 0o750, mtime: 1000 });

const at = (name: string, fields: HeaderFields = {}, data = ''): Buffer =>
  entry({ name: `${HOME}/${name}`, ...fields }, data);
const folderAt = (name: string, mode = 0o755): Buffer => at(name, { type: '5', mode, mtime: 5000 });

interface Place {
  /** The folder that holds `dom0`, where extraction goes, and the `outside` to protect. */
  readonly path: string;
  readonly dom0: Folder;
}

async function place(t: ExecutionContext): Promise<Place> {
  const path = await temporaryFolder(t);
  await mkdir(join(path, 'dom0'));
  await mkdir(join(path, 'outside'));
  await writeFile(join(path, 'outside/file'), 'precious', { mode: 0o640 });
  const dom0 = await openFolder(join(path, 'dom0'));
  t.teardown(() => dom0.close());
  return { path, dom0 };
}

const read = (parts: readonly Uint8Array[]): ReturnType<typeof readInnerTar> =>
  readInnerTar(inPieces(Buffer.concat([...parts, END]), 1000));

/** Extracts, and checks that verifying finds the same. */
async function extract(
  t: ExecutionContext,
  to: Place,
  ...parts: Uint8Array[]
): Promise<HomeSummary> {
  const summary = await extractHome(read(parts), HOME, to.dom0, 'home');
  t.deepEqual(await verifyHome(read(parts), HOME), summary);
  return summary;
}

/** An archive that must be refused, by verify as by extract, with nothing changed anywhere. */
async function refused(t: ExecutionContext, reason: RegExp, ...parts: Uint8Array[]): Promise<void> {
  const to = await place(t);
  const outside = await lstat(join(to.path, 'outside/file'));
  const extracting = extractHome(read(parts), HOME, to.dom0, 'home');
  const error = await t.throwsAsync(extracting, { instanceOf: DamagedError });
  t.regex(error.message, reason);
  t.is(error.facts.stage, 'tar');
  await t.throwsAsync(verifyHome(read(parts), HOME), { message: error.message });
  t.deepEqual(await to.dom0.names(), []);
  t.deepEqual((await readdir(to.path)).sort(), ['dom0', 'outside']);
  t.deepEqual(await readdir(join(to.path, 'outside')), ['file']);
  t.is(await readFile(join(to.path, 'outside/file'), 'utf8'), 'precious');
  const after = await lstat(join(to.path, 'outside/file'));
  t.deepEqual(
    [after.nlink, after.mode, after.mtimeMs],
    [outside.nlink, outside.mode, outside.mtimeMs],
  );
}

const refusal = test.macro((t, reason: RegExp, ...parts: Uint8Array[]) =>
  refused(t, reason, ...parts),
);

test('files, folders, links, holes and long names come out as they were', async (t) => {
  const to = await place(t);
  const long = 'x'.repeat(200);
  const summary = await extract(
    t,
    to,
    start,
    folderAt('bin/'),
    at('bin/run.sh', { mode: 0o755, mtime: 1234567890 }, '#!/bin/sh\n'),
    at('bin/again', { type: '1', link: `${HOME}/bin/run.sh` }),
    at('dangling', { type: '2', link: '/nonexistent' }),
    at('dangling-too', { type: '1', link: `${HOME}/dangling` }),
    entry({ type: 'L' }, `${HOME}/${long}\0`),
    entry({}, 'long'),
    gnuSparse(1_000_000, [[8192, 4]], Buffer.from('data'), `${HOME}/sparse`),
    pax([['path', `${HOME}/日本語 🔑.md`]]),
    entry({}, 'utf8'),
    entry({ name: Buffer.concat([Buffer.from(`${HOME}/latin`), Buffer.of(0xe9)]) }, 'latin1'),
  );
  const home = join(to.path, 'dom0/home');
  t.is(await readFile(join(home, 'bin/run.sh'), 'utf8'), '#!/bin/sh\n');
  const run = await stat(join(home, 'bin/run.sh'));
  t.is(run.mode & 0o7777, 0o755);
  t.is(run.mtimeMs, 1234567890_000);
  t.is(run.nlink, 2);
  t.is(await readlink(join(home, 'dangling')), '/nonexistent');
  t.is(await readlink(join(home, 'dangling-too')), '/nonexistent');
  t.is(await readFile(join(home, long), 'utf8'), 'long');
  t.is((await stat(join(home, 'sparse'))).size, 1_000_000);
  t.is((await readFile(join(home, 'sparse'))).toString('latin1', 8192, 8196), 'data');
  t.is(await readFile(join(home, '日本語 🔑.md'), 'utf8'), 'utf8');
  const latin = Buffer.concat([Buffer.from(`${home}/latin`), Buffer.of(0xe9)]);
  t.is(await readFile(latin, 'utf8'), 'latin1');
  t.is((await stat(home)).mode & 0o777, 0o750);
  t.is((await stat(home)).mtimeMs, 1000_000);
  t.is((await stat(join(home, 'bin'))).mtimeMs, 5000_000);
  t.like(summary, { entries: 9, bytes: 1_000_024, dataBytes: 28 });
  t.deepEqual(await to.dom0.names(), ['home']);
});

test('setuid, setgid and sticky bits are dropped', async (t) => {
  const to = await place(t);
  await extract(t, to, start, at('tool', { mode: 0o6755 }, 'x'), folderAt('tmp/', 0o1777));
  t.is((await stat(join(to.path, 'dom0/home/tool'))).mode & 0o7777, 0o755);
  t.is((await stat(join(to.path, 'dom0/home/tmp'))).mode & 0o7777, 0o777);
});

test('folders nobody may write to are filled first', async (t) => {
  const to = await place(t);
  await extract(
    t,
    to,
    start,
    folderAt('ro/', 0o555),
    folderAt('ro/in/', 0o500),
    at('ro/in/f', {}, 'x'),
  );
  t.is((await stat(join(to.path, 'dom0/home/ro'))).mode & 0o777, 0o555);
  t.is(await readFile(join(to.path, 'dom0/home/ro/in/f'), 'utf8'), 'x');
});

/** The digest as its documentation defines it, made again from what is on disk. */
async function digestOfFolder(root: string): Promise<string> {
  const hash = createHash('sha256');
  const visit = async (path: string): Promise<void> => {
    const stats = await lstat(join(root, path));
    const mode = (stats.mode & 0o777).toString(8);
    if (stats.isSymbolicLink()) {
      hash.update(`symlink\0${await readlink(join(root, path))}\0${path}\0`);
    } else if (stats.isFile()) {
      const sha256 = createHash('sha256')
        .update(await readFile(join(root, path)))
        .digest('hex');
      hash.update(`file\0${mode}\0${stats.size}\0${sha256}\0${path}\0`);
    } else {
      hash.update(`folder\0${mode}\0${path}\0`);
      const names = (await readdir(join(root, path), { encoding: 'buffer' })).sort((a, b) =>
        Buffer.compare(a, b),
      );
      for (const name of names) await visit(join(path, name.toString()));
    }
  };
  await visit('');
  return hash.digest('hex');
}

test('a real home stored by GNU tar comes back, and its digest can be made again from disk', async (t) => {
  const to = await place(t);
  const source = join(to.path, HOME);
  await mkdir(join(source, 'Documents/empty'), { recursive: true });
  await writeFile(join(source, 'Documents/\u{1f480} after \uffee.txt'), 'x');
  await writeFile(join(source, 'Documents/\uffee.txt'), 'y');
  await writeFile(join(source, 'a.b'), 'between a and a/');
  await mkdir(join(source, 'a'));
  await writeFile(join(source, 'a/b'), 'z'.repeat(100_000));
  await symlink('a/b', join(source, 'link'));
  await chmod(join(source, 'a'), 0o711);
  const archive = join(to.path, 'home.tar');
  await execa('tar', ['-cf', archive, '--sparse', '-C', to.path, HOME]);
  const entries = readInnerTar(createReadStream(archive));
  const summary = await extractHome(entries, HOME, to.dom0, 'home');
  const home = join(to.path, 'dom0/home');
  await execa('diff', ['-r', '--no-dereference', source, home]);
  t.is(summary.sha256, await digestOfFolder(source));
  t.is(summary.sha256, await digestOfFolder(home));
  t.is(
    (await stat(join(home, 'a'))).mtimeMs,
    Math.floor((await stat(join(source, 'a'))).mtimeMs / 1000) * 1000,
  );
});

test('the digest does not depend on the order in the archive, but on every content', async (t) => {
  const digest = async (...parts: Uint8Array[]): Promise<string> =>
    (await verifyHome(read([start, ...parts]), HOME)).sha256;
  const one = await digest(at('a', {}, '1'), at('b', {}, '2'));
  t.is(await digest(at('b', {}, '2'), at('a', {}, '1')), one);
  for (const other of [
    [at('a', {}, '1')],
    [at('a', {}, '1'), at('b', {}, '3')],
    [at('a', {}, '1'), at('b', { mode: 0o600 }, '2')],
    [at('a', {}, '1'), at('c', {}, '2')],
    [at('a', {}, '1'), at('b', { type: '2', link: '2' })],
  ]) {
    t.not(await digest(...other), one);
  }
});

// Ways out

test(
  'refused: a path out of the home',
  refusal,
  /impossible name/,
  start,
  at('../../outside/new', {}, 'x'),
);
test(
  'refused: an absolute path',
  refusal,
  /not in dom0-home/,
  start,
  entry({ name: '/etc/passwd' }, 'x'),
);
test(
  'refused: the home of another user',
  refusal,
  /not in dom0-home/,
  start,
  entry({ name: 'dom0-home/user2/x' }),
);
test(
  'refused: the folder above the home',
  refusal,
  /not in dom0-home/,
  entry({ name: 'dom0-home', type: '5' }),
);
test('refused: a dot in the path', refusal, /impossible name/, start, at('./x', {}, 'x'));
test('refused: an empty name in the path', refusal, /impossible name/, start, at('/x', {}, 'x'));
test(
  'refused: a NUL in the path',
  refusal,
  /impossible name/,
  start,
  pax([['path', `${HOME}/a\0b`]]),
  entry(),
);
test(
  'refused: a name of 256 bytes',
  refusal,
  /impossible name/,
  start,
  pax([['path', `${HOME}/${'é'.repeat(128)}`]]),
  entry(),
);
test(
  'refused: a path of a thousand folders',
  refusal,
  /too deep/,
  start,
  pax([['path', HOME + '/d'.repeat(1000)]]),
  entry(),
);
test(
  'refused: a home that is a link',
  refusal,
  /not a folder/,
  entry({ name: HOME, type: '2', link: '../../outside' }),
);

for (const link of ['../../../outside', '/tmp', '.', 'bin']) {
  test(
    `refused: a file behind a link to ${link}`,
    refusal,
    /behind a link/,
    start,
    folderAt('bin/'),
    at('way', { type: '2', link }),
    at('way/new', {}, 'x'),
  );
}
test(
  'refused: a folder behind a link',
  refusal,
  /behind a link/,
  start,
  at('way', { type: '2', link: '../../../outside' }),
  folderAt('way/new/'),
);
test(
  'refused: a file far behind a link',
  refusal,
  /behind a link/,
  start,
  at('way', { type: '2', link: '../../..' }),
  at('way/outside/new', {}, 'x'),
);
test(
  'refused: a file in place of a link',
  refusal,
  /twice/,
  start,
  at('way', { type: '2', link: '../../../outside/file' }),
  at('way', {}, 'x'),
);
test(
  'refused: a folder in place of a link',
  refusal,
  /twice/,
  start,
  at('way', { type: '2', link: '../../../outside' }),
  folderAt('way/'),
);
test(
  'refused: a link in place of a folder',
  refusal,
  /twice/,
  start,
  folderAt('way/'),
  at('way', { type: '2', link: '../../../outside' }),
);
test(
  'refused: a hardlink to a file outside',
  refusal,
  /not in dom0-home/,
  start,
  at('h', { type: '1', link: '../../outside/file' }),
);
test(
  'refused: a hardlink by way of ..',
  refusal,
  /impossible name/,
  start,
  at('h', { type: '1', link: `${HOME}/../../outside/file` }),
);
test(
  'refused: a hardlink behind a link',
  refusal,
  /not there/,
  start,
  at('way', { type: '2', link: '../../../outside' }),
  at('h', { type: '1', link: `${HOME}/way/file` }),
);
test(
  'refused: a hardlink to a folder',
  refusal,
  /not there/,
  start,
  folderAt('bin/'),
  at('h', { type: '1', link: `${HOME}/bin` }),
);
test(
  'refused: a hardlink to a file that comes later',
  refusal,
  /not there/,
  start,
  at('h', { type: '1', link: `${HOME}/f` }),
  at('f', {}, 'x'),
);
test(
  'refused: a hardlink to itself',
  refusal,
  /not there/,
  start,
  at('h', { type: '1', link: `${HOME}/h` }),
);
test('refused: a symlink to nothing', refusal, /leads nowhere/, start, at('s', { type: '2' }));
test(
  'refused: a file inside a file',
  refusal,
  /inside a file/,
  start,
  at('f', {}, 'x'),
  at('f/g', {}, 'x'),
);
test(
  'refused: a file in a missing folder',
  refusal,
  /folder is missing/,
  start,
  at('no/f', {}, 'x'),
);
test('refused: one file twice', refusal, /twice/, start, at('f', {}, 'x'), at('f', {}, 'y'));
test(
  'refused: a cut-off archive',
  refusal,
  /bytes are missing|ends in the middle/,
  start,
  folderAt('ro/', 0o500),
  at('ro/f', {}, 'x').subarray(0, 512),
);

test('refused: more entries than the limit', async (t) => {
  const entries = (): ReturnType<typeof read> => read([start, at('a'), at('b'), at('c')]);
  await t.notThrowsAsync(verifyHome(entries(), HOME, { maxEntries: 3 }));
  await t.throwsAsync(verifyHome(entries(), HOME, { maxEntries: 2 }), {
    instanceOf: DamagedError,
    message: /more than 2 entries/,
  });
});

// Luck

test('a home that is there already is not touched', async (t) => {
  const to = await place(t);
  await mkdir(join(to.path, 'dom0/home'));
  const error = await t.throwsAsync(extractHome(read([start]), HOME, to.dom0, 'home'), {
    instanceOf: NeedsError,
  });
  t.regex(error.message, /exists already/);
  t.deepEqual(await to.dom0.names(), ['home']);
});

test('what a killed run left is removed first', async (t) => {
  const to = await place(t);
  await mkdir(join(to.path, 'dom0/.home.partial/locked'), { recursive: true });
  await symlink('../../../outside', join(to.path, 'dom0/.home.partial/locked/way'));
  await chmod(join(to.path, 'dom0/.home.partial/locked'), 0o000);
  await extract(t, to, start, at('f', {}, 'x'));
  t.deepEqual(await readdir(join(to.path, 'dom0/home')), ['f']);
  t.deepEqual(await to.dom0.names(), ['home']);
  t.is(await readFile(join(to.path, 'outside/file'), 'utf8'), 'precious');
});

test('a cancelled extraction leaves nothing', async (t) => {
  const to = await place(t);
  const stop = new AbortController();
  async function* source(): AsyncGenerator<Uint8Array> {
    yield start;
    for (let index = 0; ; index++) {
      if (index === 50) stop.abort();
      yield at(`file-${index}`, {}, 'x');
    }
  }
  const extracting = extractHome(readInnerTar(source()), HOME, to.dom0, 'home', {
    signal: stop.signal,
  });
  await t.throwsAsync(extracting, { instanceOf: CancelledError });
  t.deepEqual(await to.dom0.names(), []);
});

const disk = mountSmallDisk(1024 * 1024);
test.after.always(() => disk?.remove());
// Skipped where nothing can be mounted: only root may.
const onSmallDisk = disk === undefined ? test.skip : test.serial;

onSmallDisk('a full disk is told as such, and nothing is left of the home', async (t) => {
  const folder = await openFolder(disk?.path ?? '');
  t.teardown(() => folder.close());
  const files = Array.from({ length: 50 }, (_, index) => at(`f${index}`, {}, 'x'.repeat(65536)));
  const extracting = extractHome(read([start, ...files]), HOME, folder, 'home');
  const error = await t.throwsAsync(extracting, { instanceOf: NeedsError });
  t.regex(error.message, /^Cannot write .*\/\.home\.partial\/f\d+: the disk is full$/);
  t.deepEqual(await folder.names(), []);
});
