import { copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { execa } from 'execa';

import { processStartTime } from '../../lib/location/process-start-time.ts';
import { LocationRegistry } from '../../lib/location/registry.ts';
import { sandbox } from '../support/sandbox.ts';

const ID = 'abcd1234';

/** A registry that holds `text` under {@link ID}. */
async function registryWith(folder: string, text: string): Promise<LocationRegistry> {
  await writeFile(join(folder, ID), text);
  return new LocationRegistry(folder);
}

test('a location is found under its id until it is removed', async (t) => {
  const folder = join(await sandbox(t), 'new', 'folder');
  const registry = new LocationRegistry(folder);
  const first = await registry.register('/mnt/my backup');
  const second = await registry.register(`sh -c 'cat x'`);
  t.not(first.id, second.id);
  t.is(await registry.lookUp(first.id), '/mnt/my backup');
  t.is(await registry.lookUp(second.id), `sh -c 'cat x'`);

  await first.remove();
  t.is(await registry.lookUp(first.id), undefined);
  t.deepEqual(await readdir(folder), [second.id]);
});

test('entries are as the stock services write them, and nobody else can read them', async (t) => {
  const folder = join(await sandbox(t), 'registry');
  const { id } = await new LocationRegistry(folder).register('/mnt/backup');
  t.regex(id, /^[A-Za-z0-9]{8}$/);
  const path = join(folder, id);
  const cut = await execa('cut', ['-f', '22', '-d', ' ', `/proc/${process.pid}/stat`]);
  t.is(await readFile(path, 'utf8'), `${process.pid} ${cut.stdout}\n/mnt/backup\n`);
  t.is((await stat(path)).mode & 0o777, 0o600);
  t.is((await stat(folder)).mode & 0o777, 0o700);
});

test('an entry of another process is good only while that process lives', async (t) => {
  const folder = await sandbox(t);
  const other = execa('sleep', ['60'], { reject: false });
  const started = await processStartTime(other.pid ?? 0);
  const registry = await registryWith(folder, `${other.pid} ${started}\n/mnt/backup\n`);
  t.is(await registry.lookUp(ID), '/mnt/backup');
  other.kill();
  await other;
  t.is(await registry.lookUp(ID), undefined);
});

test('an entry does not pass to a later process with the same number', async (t) => {
  const folder = await sandbox(t);
  const started = Number(await processStartTime(process.pid));
  const registry = await registryWith(folder, `${process.pid} ${started - 1}\n/mnt/backup\n`);
  t.is(await registry.lookUp(ID), undefined);
});

test('what is no entry is no location', async (t) => {
  const folder = await sandbox(t);
  const own = `${process.pid} ${await processStartTime(process.pid)}`;
  t.is(await (await registryWith(folder, `${own}\n/a\n`)).lookUp(ID), '/a');
  for (const text of [
    '',
    own,
    `${own}\n`,
    `${own}\n\n`,
    `${own}\n/a\n/b\n`,
    `${own}\n/a\0\n`,
    `-1 1\n/a\n`,
    `x\n/a\n`,
  ]) {
    t.is(await (await registryWith(folder, text)).lookUp(ID), undefined, JSON.stringify(text));
  }
  await writeFile(join(folder, 'elsewhere'), `${own}\n/a\n`);
  await symlink('elsewhere', join(folder, 'link0000'));
  await mkdir(join(folder, 'folder00'));
  for (const id of ['link0000', 'folder00', 'missing0']) {
    t.is(await new LocationRegistry(folder).lookUp(id), undefined, id);
  }
});

test('the start time is found also when a program has a strange name', async (t) => {
  const program = join(await sandbox(t), 'a) b (c 7');
  await copyFile('/bin/sleep', program);
  const other = execa(program, ['60'], { reject: false });
  const self = Number(await processStartTime(process.pid));
  const started = Number(await processStartTime(other.pid ?? 0));
  other.kill();
  await other;
  t.true(started >= self);
  t.is(await processStartTime(other.pid ?? 0), undefined);
});
