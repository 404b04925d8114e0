import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import * as z from 'zod';

import { QubesException } from '../../lib/base/admin-error.ts';
import { COMMAND, encode, HEADER_BYTES, RESPONSE, typeOf } from '../../lib/qubesdb/messages.ts';
import { databaseSocket, openDatabases, RawDatabaseClient } from '../support/qubesdb.ts';

const FILE = join(import.meta.dirname, '..', 'fixtures', 'qubesdb', 'exchanges.jsonl');

const Exchange = z.object({
  title: z.string(),
  sent: z.base64().transform((text) => Buffer.from(text, 'base64')),
  answered: z.base64().transform((text) => Buffer.from(text, 'base64')),
  closed: z.boolean(),
});

/**
 * What the real daemon was sent, one connection after another, and what it answered: byte for byte,
 * but for three bytes of each notice that mean nothing and in which it shows its memory.
 */
const EXCHANGES = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => Exchange.parse(JSON.parse(line)));

const WORK = { name: 'work', uuid: '00000000-0000-0000-0000-000000000007' };

for (const [manner, pieceBytes] of [
  ['at once', Infinity],
  ['in pieces', 50],
] as const) {
  test(`answers as the real daemon when commands come ${manner}`, async (t) => {
    const { root, door } = await openDatabases(t);
    await door.start(WORK);
    for (const { title, sent, answered, closed } of EXCHANGES) {
      const client = await RawDatabaseClient.connect(databaseSocket(root, 'work'));
      for (let at = 0; at < sent.length; at += pieceBytes) {
        client.socket.write(sent.subarray(at, at + pieceBytes));
      }
      const first = await client.take(answered.length + (closed ? 1 : 0));
      client.socket.end();
      t.deepEqual(Buffer.concat([first, await client.rest()]), answered, title);
    }
  });
}

test('only the owner may connect, and nothing is left after the stop', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  t.is((await stat(databaseSocket(root, 'work'))).mode & 0o777, 0o600);
  t.is((await stat(join(root, 'run', 'work'))).mode & 0o777, 0o700);
  const client = await RawDatabaseClient.connect(databaseSocket(root, 'work'));
  await door.stop(WORK);
  t.is((await client.rest()).length, 0);
  t.deepEqual(await readdir(join(root, 'run')), []);
});

test('each of many who watch is told, and those who left are not waited for', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const clients = await Promise.all(
    Array.from({ length: 100 }, () => RawDatabaseClient.connect(databaseSocket(root, 'work'))),
  );
  for (const { socket } of clients) socket.write(encode(COMMAND.watch, '/a/'));
  for (const client of clients) await client.take(HEADER_BYTES);
  for (const { socket } of clients.slice(0, 50)) socket.destroy();
  await (await door.open('work'))?.write('/a/b', 'x');
  for (const client of clients.slice(50)) {
    t.deepEqual(await client.take(HEADER_BYTES), encode(RESPONSE.watch, '/a/b'));
    client.socket.destroy();
  }
});

test('one client more than there is room for is turned away', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const path = databaseSocket(root, 'work');
  const clients = await Promise.all(
    Array.from({ length: 256 }, () => RawDatabaseClient.connect(path)),
  );
  for (const { socket } of clients) socket.write(encode(COMMAND.read, '/none'));
  for (const client of clients) t.is((await client.take(HEADER_BYTES)).length, HEADER_BYTES);
  const oneMore = await RawDatabaseClient.connect(path);
  t.is((await oneMore.rest()).length, 0);
  for (const { socket } of clients) socket.destroy();
});

test('who does not read holds up nobody, and gets all of it in the end', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const database = await door.open('work');
  for (let index = 0; index < 200; index++) {
    await database?.write(`/big/${index}`, 'x'.repeat(3000));
  }
  const client = await RawDatabaseClient.connect(databaseSocket(root, 'work'));
  client.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  const count = 100;
  for (let index = 0; index < count; index++)
    client.socket.write(encode(COMMAND.multiread, '/big/'));
  await sleep(200);
  t.is((await database?.list('/big/'))?.length, 200);
  t.true(process.memoryUsage().arrayBuffers - before < 20 * 1024 * 1024);
  client.socket.resume();
  const each = 201 * HEADER_BYTES + 200 * 3000;
  t.is((await client.take(count * each)).length, count * each);
  client.socket.destroy();
});

test('who does not read what it watches is cut off', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const client = await RawDatabaseClient.connect(databaseSocket(root, 'work'));
  client.socket.write(encode(COMMAND.watch, '/'));
  await client.take(HEADER_BYTES);
  client.socket.pause();
  const database = await door.open('work');
  for (let index = 0; index < 100_000; index++) await database?.write('/a', String(index));
  client.socket.resume();
  const notices = (await client.rest()).length / HEADER_BYTES;
  t.true(notices < 100_000, `${notices} of 100000 notices came`);
});

test('a database is full at some point, and says so', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const database = await door.open('work');
  let written = 0;
  await t.throwsAsync(
    async () => {
      for (; written < 1000; written++) await database?.write(`/a/${written}`, 'x'.repeat(3071));
    },
    {
      instanceOf: QubesException,
      message: /^Cannot write \/a\/\d+ in the QubesDB of work: the database is full$/,
    },
  );
  t.true(written > 300);
  const client = await RawDatabaseClient.connect(databaseSocket(root, 'work'));
  client.socket.write(encode(COMMAND.write, '/b', Buffer.alloc(3071, 'x')));
  t.is(typeOf(await client.rest()), RESPONSE.error);
  // What was there can still be changed and removed.
  await database?.write('/a/0', 'y');
  await database?.remove('/a/');
  await database?.write('/b', 'x'.repeat(3071));
  t.deepEqual(await database?.list('/'), ['/b']);
});
