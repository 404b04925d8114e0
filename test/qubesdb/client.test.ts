import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import { QubesException } from '../../lib/base/admin-error.ts';
import { QubesDbClient } from '../../lib/qubesdb/client.ts';
import { encode, RESPONSE } from '../../lib/qubesdb/messages.ts';
import type { QubesDb } from '../../lib/qubesdb/qubesdb.ts';
import { databaseSocket, openDatabases } from '../support/qubesdb.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WORK = { name: 'work', uuid: '00000000-0000-0000-0000-000000000007' };

const NAME = fc.constantFrom('a', 'b', 'a/b', 'a/c', 'ab', 'a-', 'a.b', 'Z', '@/1');

const CHANGE = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    path: NAME.map((name) => `/${name}`),
    value: fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.map((byte) => byte || 1)),
  }),
  fc.record({
    kind: fc.constant('remove' as const),
    path: fc.oneof(
      NAME.map((name) => `/${name}`),
      NAME.map((name) => `/${name}/`),
      fc.constant('/'),
    ),
  }),
);

async function contentOf(database: QubesDb, prefix: string): Promise<[string, string][]> {
  const values = await database.multiread(prefix);
  return [...values].map(([path, value]) => [path, Buffer.from(value).toString('hex')]);
}

test('through the socket, in this process and in a model it is the same', async (t) => {
  const { root, door } = await openDatabases(t);
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(
        fc.array(CHANGE, { maxLength: 30 }),
        NAME.map((name) => `/${name}`),
        async (changes, prefix) => {
          await door.start(WORK);
          const client = await QubesDbClient.connect(databaseSocket(root, 'work'));
          const inside = await door.open('work');
          if (inside === undefined) throw new Error('There is no database');
          const model = new Map<string, string>();
          for (const [turn, change] of changes.entries()) {
            const database = turn % 2 === 0 ? client : inside;
            if (change.kind === 'write') {
              await database.write(change.path, change.value);
              model.set(change.path, Buffer.from(change.value).toString('hex'));
            } else {
              await database.remove(change.path);
              for (const path of [...model.keys()]) {
                const isTree = change.path.endsWith('/');
                if (isTree ? path.startsWith(change.path) : path === change.path)
                  model.delete(path);
              }
            }
          }
          const all = [...model].sort(([one], [other]) => (one < other ? -1 : 1));
          const some = all.filter(([path]) => path.startsWith(prefix));
          for (const database of [client, inside]) {
            t.deepEqual(await contentOf(database, '/'), all);
            t.deepEqual(await contentOf(database, ''), all);
            t.deepEqual(await contentOf(database, prefix), some);
            t.deepEqual(
              await database.list(prefix),
              some.map(([path]) => path),
            );
            const read = await database.read(prefix);
            t.is(read && Buffer.from(read).toString('hex'), model.get(prefix));
          }
          await client.close();
          // The next host finds the same.
          await door.close();
          await door.resume(['work']);
          const resumed = await door.open('work');
          t.deepEqual(resumed && (await contentOf(resumed, '')), all);
        },
      ),
      { numRuns: 30 },
    ),
  );
});

test('those who watch hear of what they watch, by whomever it is changed', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const client = await QubesDbClient.connect(databaseSocket(root, 'work'));
  const inside = await door.open('work');
  if (inside === undefined) throw new Error('There is no database');
  const heard: string[] = [];
  let stopOne: () => void = () => undefined;
  for (const [who, database] of [
    ['client', client],
    ['inside', inside],
  ] as const) {
    for (const path of ['/a/', '/a/b', '/ab']) {
      const stop = await database.watch(path, (changed) => heard.push(`${who} ${path} ${changed}`));
      if (path === '/ab') stopOne = stop;
    }
  }
  stopOne();
  await client.write('/a/b', '1');
  await inside.write('/ab', '1');
  await client.write('/a', '1');
  await client.remove('/a/c');
  await inside.remove('/a/');
  // Notices of another connection come in their own time.
  for (let turn = 0; turn < 1000 && heard.length < 7; turn++) await client.read('/a');
  t.deepEqual(
    heard.sort(),
    [
      'client /a/ /a/',
      'client /a/ /a/b',
      'client /a/b /a/b',
      'client /ab /ab',
      'inside /a/ /a/',
      'inside /a/ /a/b',
      'inside /a/b /a/b',
    ].sort(),
  );
  await client.close();
});

for (const [what, path] of [
  ['one that does not begin with a slash', 'a'],
  ['one that ends with a slash', '/a/'],
  ['one of 64 bytes', `/${'a'.repeat(63)}`],
  ['one with a space', '/a b'],
  ['one with a line break', '/a\n'],
  ['one with a letter that is not ASCII', '/ż'],
  ['an empty one', ''],
] as const) {
  test(`no path to write to: ${what}`, async (t) => {
    const { root, door } = await openDatabases(t);
    await door.start(WORK);
    const client = await QubesDbClient.connect(databaseSocket(root, 'work'));
    const inside = await door.open('work');
    await t.throwsAsync(client.write(path, 'x'), { instanceOf: QubesException });
    await t.throwsAsync(async () => inside?.write(path, 'x'), { instanceOf: QubesException });
    await client.write('/still/there', 'x');
    t.deepEqual(await inside?.list('/'), ['/still/there']);
    await client.close();
  });
}

for (const [what, value] of [
  ['one of 3072 bytes', 'x'.repeat(3072)],
  ['one with a NUL', 'a\0b'],
] as const) {
  test(`no value: ${what}`, async (t) => {
    const { root, door } = await openDatabases(t);
    await door.start(WORK);
    const client = await QubesDbClient.connect(databaseSocket(root, 'work'));
    const inside = await door.open('work');
    await t.throwsAsync(client.write('/a', value), { instanceOf: QubesException });
    await t.throwsAsync(async () => inside?.write('/a', value), { instanceOf: QubesException });
    await client.write('/a', 'x'.repeat(3071));
    t.is((await inside?.read('/a'))?.length, 3071);
    await client.close();
  });
}

test('when the qube stops, who has its database open is told', async (t) => {
  const { root, door } = await openDatabases(t);
  await door.start(WORK);
  const client = await QubesDbClient.connect(databaseSocket(root, 'work'));
  const inside = await door.open('work');
  await door.stop(WORK);
  await t.throwsAsync(client.read('/a'), { instanceOf: QubesException, message: /was closed$/ });
  await t.throwsAsync(async () => inside?.read('/a'), {
    instanceOf: QubesException,
    message: 'The QubesDB of work is closed',
  });
  t.is(await door.open('work'), undefined);
  await t.throwsAsync(QubesDbClient.connect(databaseSocket(root, 'work')), {
    instanceOf: QubesException,
    message: /^Cannot open the QubesDB at /,
  });
});

for (const [what, answer, message] of [
  ['an answer to nothing asked', encode(RESPONSE.list, ''), /not one to the command$/],
  ['a command', encode(0, '/a'), /not one to the command$/],
  ['too much', encode(RESPONSE.read, '/a', Buffer.alloc(3073)), /too long$/],
  ['half an answer', encode(RESPONSE.read, '/a', Buffer.from('xyz')).subarray(0, 73), /closed$/],
  ['a refusal', encode(RESPONSE.error, '/a'), /^QubesDB refused \/a$/],
] as const) {
  test(`a daemon that sends ${what}`, async (t) => {
    const path = join(await temporaryFolder(t), 'a.sock');
    const server = createServer((socket) => {
      socket.on('data', () => socket.end(answer));
      socket.on('error', () => undefined);
    });
    server.listen(path);
    await once(server, 'listening');
    const client = await QubesDbClient.connect(path);
    await t.throwsAsync(client.read('/a'), { instanceOf: QubesException, message });
    await client.close();
    server.close();
  });
}
