import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { QubesException } from '../../lib/base/admin-error.ts';
import { EmbeddedQubesDb } from '../../lib/qubesdb/embedded-qubesdb.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function databaseOf(
  t: ExecutionContext,
  content: string | Uint8Array,
): Promise<EmbeddedQubesDb> {
  const root = await temporaryFolder(t);
  await mkdir(join(root, 'qubesdb'));
  await writeFile(join(root, 'qubesdb', 'work.json'), content);
  return new EmbeddedQubesDb(root);
}

test('reads what the file holds', async (t) => {
  const database = await (
    await databaseOf(t, '{"/b/2": "", "/b/1": "one", "/bc": "ż", "/a": "x"}')
  ).open('work');
  t.deepEqual(await database?.list('/b/'), ['/b/1', '/b/2']);
  t.deepEqual(await database?.list('/none/'), []);
  t.is(String(await database?.read('/b/1')), 'one');
  t.is((await database?.read('/b/2'))?.length, 0);
  t.is(String(await database?.read('/bc')), 'ż');
  t.is(await database?.read('/b/3'), undefined);
});

test('a qube without a file has no database', async (t) => {
  const door = new EmbeddedQubesDb(await temporaryFolder(t));
  t.is(await door.open('work'), undefined);
});

for (const [title, content, reason] of [
  ['what is not JSON', '{"/a": ', 'it is not JSON'],
  ['a list', '["/a"]', 'it is not an object of paths and texts'],
  ['a number', '{"/a": 1}', 'it is not an object of paths and texts'],
  [
    'a path that does not begin at the root',
    '{"a": "1"}',
    'it is not an object of paths and texts',
  ],
  ['a path with a line break', '{"/a\\n": "1"}', 'it is not an object of paths and texts'],
  ['too much', Buffer.alloc(256 * 1024 + 1, ' '), 'it is larger than 262144 bytes'],
] as const) {
  test(`refuses ${title}`, async (t) => {
    const door = await databaseOf(t, content);
    await t.throwsAsync(door.open('work'), {
      instanceOf: QubesException,
      message: `Cannot read the QubesDB of work: ${reason}`,
    });
  });
}

test('takes a file of the greatest size', async (t) => {
  const text = '{"/a": "1"}';
  const door = await databaseOf(t, text.padEnd(256 * 1024, ' '));
  t.is(String(await (await door.open('work'))?.read('/a')), '1');
});
