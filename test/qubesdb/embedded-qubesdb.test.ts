import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';

import { QubesException } from '../../lib/base/admin-error.ts';
import { QubesDbClient } from '../../lib/qubesdb/client.ts';
import { EmbeddedQubesDb } from '../../lib/qubesdb/embedded-qubesdb.ts';
import { COMMAND, encode } from '../../lib/qubesdb/messages.ts';
import { databaseSocket, openDatabases } from '../support/qubesdb.ts';
import { startQubesDbHost } from '../support/qubesdb-host.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WORK = { name: 'work', uuid: '00000000-0000-0000-0000-000000000007' };

test('a qube that does not run has no database, dom0 always has one', async (t) => {
  const { root, door } = await openDatabases(t);
  t.is(await door.open('work'), undefined);
  const [one, other] = await Promise.all([door.open('dom0'), door.open('dom0')]);
  await one?.write('/a', '1');
  t.is(String(await other?.read('/a')), '1');
  const client = await QubesDbClient.connect(databaseSocket(root, 'dom0'));
  t.is(String(await client.read('/a')), '1');
  await client.close();
});

test('a start begins with nothing, whatever an earlier run has left', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  await (await door.open('work'))?.write('/a', '1');
  await door.close();
  const next = new EmbeddedQubesDb(root);
  t.teardown(() => next.close());
  await next.start(WORK);
  t.deepEqual(await (await next.open('work'))?.list('/'), []);
  await next.start(WORK);
  t.deepEqual(await (await next.open('work'))?.list('/'), []);
});

test('a socket may be deeper than the system has room for in its address', async (t) => {
  const root = join(await temporaryFolder(t), 'deep'.repeat(20), 'deeper'.repeat(20));
  await mkdir(join(root, 'run'), { recursive: true });
  const door = new EmbeddedQubesDb(root);
  t.teardown(() => door.close());
  await door.start(WORK);
  const client = await QubesDbClient.connect(databaseSocket(root, 'work'));
  await client.write('/a', '1');
  t.is(String(await (await door.open('work'))?.read('/a')), '1');
  await client.close();
});

test('a host that is killed leaves what was acknowledged to the next one', async (t) => {
  const { root, door } = await openDatabases(t);
  for (let round = 0; round < 5; round++) {
    const host = await startQubesDbHost(root, 'work');
    const client = await QubesDbClient.connect(databaseSocket(root, 'work'));
    if (round > 0) t.is(String(await client.read('/round')), String(round - 1));
    await client.write('/round', String(round));
    let acknowledged = -1;
    const writing = (async () => {
      for (let count = 0; ; count++) {
        await client.write('/count', String(count));
        acknowledged = count;
        if (count === 7 + 13 * round) setImmediate(() => host.kill());
      }
    })();
    await t.throwsAsync(writing, { instanceOf: QubesException });
    await host.ended;
    await door.resume(['work']);
    const found = Number(String(await (await door.open('work'))?.read('/count')));
    t.true(found === acknowledged || found === acknowledged + 1, `${found}, ${acknowledged}`);
    await door.close();
  }
});

test('of a qube that stopped with its host nothing is left, no dead socket either', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const folder = join(root, 'run', 'work');
  const left = await readdir(folder);
  await door.close();
  for (const name of left) await writeFile(join(folder, name), '');
  await door.stop(WORK);
  t.false(existsSync(folder));
  t.deepEqual(left.sort(), ['qubesdb.journal', 'qubesdb.sock']);
});

test('a change that was cut off in the journal does not count', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  await (await door.open('work'))?.write('/a', '1');
  await door.close();
  const journal = join(root, 'run', 'work', 'qubesdb.journal');
  const change = encode(COMMAND.write, '/a', Buffer.from('22'));
  for (const length of [1, 71, 72, 73]) {
    await appendFile(journal, change.subarray(0, length));
    await door.resume(['work']);
    t.is(String(await (await door.open('work'))?.read('/a')), '1');
    await door.close();
  }
});

test('the journal does not grow with the number of changes', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const database = await door.open('work');
  for (let count = 0; count < 2000; count++) await database?.write('/a', 'x'.repeat(3000));
  await database?.write('/b', 'last');
  t.true((await stat(join(root, 'run', 'work', 'qubesdb.journal'))).size < 1024 * 1024);
  await door.close();
  await door.resume(['work']);
  const resumed = await door.open('work');
  t.deepEqual(await resumed?.list(''), ['/a', '/b']);
  t.is(String(await resumed?.read('/b')), 'last');
});

for (const [what, bytes] of [
  ['text', Buffer.alloc(4000, 'x')],
  ['a command that changes nothing', encode(COMMAND.read, '/a')],
  ['a path that is none', encode(COMMAND.write, 'a', Buffer.from('1'))],
  ['a value that is none', encode(COMMAND.write, '/a', Buffer.alloc(1))],
  ['a value that is too long', encode(COMMAND.write, '/a', Buffer.alloc(3073, 'x'))],
  ['the end of what never was', encode(COMMAND.remove, '/a')],
] as const) {
  test(`a journal with ${what} is an error, and stays`, async (t) => {
    const { root, door } = await openDatabases(t);
    const journal = join(root, 'run', 'work', 'qubesdb.journal');
    await mkdir(join(root, 'run', 'work'));
    await writeFile(journal, bytes);
    await t.throwsAsync(door.resume(['work']), {
      instanceOf: QubesException,
      message: `Cannot read ${journal}: it is no journal of a QubesDB`,
    });
    t.deepEqual(await readFile(journal), bytes);
  });
}
