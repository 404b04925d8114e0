import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import test from 'ava';

import { QubesException } from '../../lib/base/admin-error.ts';
import { Qmemman } from '../../lib/hypervisor/qmemman.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Test = Parameters<typeof temporaryFolder>[0];

const NEVER = new AbortController().signal;

/** A qmemman that a test plays. */
async function playQmemman(t: Test, serve: (client: Socket) => void) {
  const folder = await temporaryFolder(t);
  const server = createServer({ allowHalfOpen: true }, serve);
  t.teardown(async () => void server.close());
  server.listen(join(folder, 'qmemman.sock'));
  await once(server, 'listening');
  return { folder, qmemman: new Qmemman(folder) };
}

/** Answers whatever comes, and says when the client has gone. */
function answering(answer: string): { serve: (client: Socket) => void; received: Promise<string> } {
  let tell: (received: string) => void = () => undefined;
  const received = new Promise<string>((resolve) => (tell = resolve));
  const serve = (client: Socket): void => {
    let all = '';
    client.on('data', (bytes) => {
      all += bytes.toString('latin1');
      client.write(answer);
    });
    client.on('end', () => client.end());
    client.on('close', () => tell(all));
    client.on('error', () => undefined);
  };
  return { serve, received };
}

test('sends the bytes that the client of Qubes sends, and goes when it was answered', async (t) => {
  const { serve, received } = answering('OK\n');
  const { qmemman } = await playQmemman(t, serve);
  await qmemman.shrink(7, NEVER);
  // What QMemmanClient.set_mem({7: 0}) of qubes-core-admin writes to the socket.
  t.deepEqual(Buffer.from(await received, 'latin1'), Buffer.from('373a300a', 'hex'));
});

test('an answer may come in pieces', async (t) => {
  const { qmemman } = await playQmemman(t, (client) => {
    client.setNoDelay();
    client.write('O', () => setImmediate(() => client.write('K\n')));
    client.on('data', () => undefined);
  });
  await t.notThrowsAsync(qmemman.shrink(7, NEVER));
});

for (const [answer, reason] of [
  ['FAIL\n', /it answers FAIL$/],
  ['INVALID_ARG\n', /it answers INVALID_ARG$/],
  ['OKAY\n', /it answers OKAY$/],
  ['\x1b[2J\n', /it answers [^\x1b]*$/],
  ['OK\nFAIL\n', /it answers/],
  ['O'.repeat(100_000), /it answers O+/],
] as const) {
  test(`the answer ${JSON.stringify(answer.slice(0, 12))} is a refusal`, async (t) => {
    const { serve, received } = answering(answer);
    const { qmemman } = await playQmemman(t, serve);
    const error = await t.throwsAsync(qmemman.shrink(7, NEVER), { instanceOf: QubesException });
    t.regex(error.message, reason);
    t.is(await received, '7:0\n');
  });
}

test('who is cut off, or finds nobody, is told', async (t) => {
  const { qmemman, folder } = await playQmemman(t, (client) => {
    client.on('data', () => client.destroy());
  });
  await t.throwsAsync(qmemman.shrink(7, NEVER), {
    instanceOf: QubesException,
    message: /closed without an answer/,
  });
  await rm(join(folder, 'qmemman.sock'));
  await t.throwsAsync(qmemman.shrink(7, NEVER), {
    instanceOf: QubesException,
    message: /it does not exist/,
  });
  await t.throwsAsync(new Qmemman('/nowhere').shrink(7, NEVER), { instanceOf: QubesException });
});

test('who gives up closes its connection, and hears its own reason', async (t) => {
  const stop = new AbortController();
  let isGone: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (isGone = resolve));
  const { qmemman } = await playQmemman(t, (client) => {
    client.on('data', () => stop.abort(new Error('it was requested')));
    client.on('close', isGone);
    client.on('end', () => client.end());
  });
  await t.throwsAsync(qmemman.shrink(7, stop.signal), { message: 'it was requested' });
  await gone;
  await t.throwsAsync(qmemman.shrink(7, stop.signal), { message: 'it was requested' });
});

test('reads how many bytes there are, and takes nothing else for a number', async (t) => {
  const folder = await temporaryFolder(t);
  const qmemman = new Qmemman(join(folder, 'qubes'));
  const file = join(folder, 'qubes', 'qmemman-avail-mem');
  t.is(await qmemman.available(), undefined);
  await mkdir(join(folder, 'qubes'));
  t.is(await qmemman.available(), undefined);
  for (const [text, bytes] of [
    ['8303517696', 8_303_517_696],
    ['0', 0],
    ['-52428800', 0],
    ['1024\n', 1024],
  ] as const) {
    await writeFile(file, text);
    t.is(await qmemman.available(), bytes);
  }
  for (const text of ['', ' ', '--1', '1e9', '0x10', '1.5', '1 2', '9'.repeat(100), '1\0', 'NaN']) {
    await writeFile(file, text);
    await t.throwsAsync(qmemman.available(), { instanceOf: QubesException }, text);
  }
  await rm(file);
  await mkdir(file);
  await t.throwsAsync(qmemman.available(), {
    instanceOf: QubesException,
    message: /it is a folder/,
  });
});
