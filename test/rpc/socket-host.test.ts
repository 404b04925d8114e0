import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { NeedsError, UsageError } from '../../lib/base/errors.ts';
import { exchange } from '../support/embedded-system.ts';
import { RawClient, serveSocket, testService } from '../support/served-socket.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const length = testService('length', ({ untrustedPayload }) => String(untrustedPayload.length));
const HEADER = 'length dom0 name work\0';

const ask = async (path: string, request: string | Uint8Array): Promise<string> =>
  Buffer.from(await exchange(path, request)).toString();

test('a request is answered whatever pieces it comes in', async (t) => {
  const { path } = await serveSocket(t, [length]);
  const request = `${HEADER}${'x'.repeat(100)}`;
  t.is(await ask(path, request), '0\x00100');
  for (const size of [1, 7, 50]) {
    const client = await RawClient.connect(path);
    client.socket.setNoDelay();
    for (let at = 0; at < request.length; at += size) {
      client.write(request.slice(at, at + size));
      await new Promise(setImmediate);
    }
    t.is(client.received, '', 'nothing is answered before the end');
    client.end();
    await client.over;
    t.is(client.received, '0\x00100');
    t.is(client.error, undefined);
  }
});

test('a request may have 65536 bytes and no more', async (t) => {
  const { path } = await serveSocket(t, [length]);
  const filled = (size: number): string => HEADER.padEnd(size, 'x');
  const tooLong = '2\0ProtocolError\0\0request too long: more than 65536 bytes\0';
  t.is(await ask(path, filled(65_536)), `0\0${65_536 - HEADER.length}`);
  t.is(await ask(path, filled(65_537)), tooLong);
  t.is(await ask(path, filled(1_000_000)), tooLong, 'its sender gets to the reply');
});

test('a request without end is read no further at some point', async (t) => {
  const { path } = await serveSocket(t, [length]);
  const client = await RawClient.connect(path);
  const block = new Uint8Array(1024 * 1024);
  let written = 0;
  while (!client.isOver && written < 200) {
    written++;
    if (client.socket.write(block)) continue;
    const drained = new Promise((resolve) => client.socket.once('drain', resolve));
    await Promise.race([drained, client.over]);
  }
  await client.over;
  t.true(written < 30, `${written} MiB were taken`);
  t.is(await ask(path, `${HEADER}abc`), '0\x003', 'the host serves others');
});

test('malformed requests get an answer', async (t) => {
  const { path } = await serveSocket(t, [length]);
  for (const untrusted of ['', '\0', 'length', 'length dom0 work\0', '\xff\xff dom0 name work\0']) {
    const reply = await ask(path, Buffer.from(untrusted, 'latin1'));
    t.true(reply.startsWith('2\0ProtocolError\0\0framing error: '), reply);
  }
});

test('a fault closes the connection without an answer', async (t) => {
  const { path, logged } = await serveSocket(t, [
    testService('fault', () => {
      throw new Error('ours');
    }),
    length,
  ]);
  t.is(await ask(path, 'fault dom0 name work\0'), '');
  t.is(logged.length, 1);
  t.is(await ask(path, HEADER), '0\x000');
});

test('a request that does not become complete is refused in time', async (t) => {
  const { path } = await serveSocket(t, [length], {
    limits: { idleMs: 150, requestMs: 600, sweepMs: 20 },
  });
  const refusal = '2\0ProtocolError\0\0the request was not complete in time\0';
  const idle = await RawClient.connect(path);
  idle.write('leng');
  await idle.over;
  t.is(idle.received, refusal);

  const slow = await RawClient.connect(path);
  const begin = performance.now();
  while (!slow.isOver && performance.now() - begin < 5000) {
    slow.write('x');
    await sleep(50);
  }
  t.is(slow.received, refusal);
  t.true(performance.now() - begin >= 590, 'it was not idle');
});

test('a call may take longer than a request', async (t) => {
  const { path } = await serveSocket(t, [testService('slow', async () => sleep(3000, 'at last'))], {
    limits: { idleMs: 1500, requestMs: 2000, sweepMs: 10 },
  });
  t.is(await ask(path, 'slow dom0 name work\0'), '0\0at last');
});

test('of too many requests that are not complete the one idle longest goes', async (t) => {
  const { path } = await serveSocket(t, [length], { limits: { requests: 3 } });
  const clients = [];
  for (let count = 0; count < 3; count++) {
    const client = await RawClient.connect(path);
    client.write('l');
    await sleep(10);
    clients.push(client);
  }
  const [first, second, third] = clients;
  first?.write('ength dom0 ');
  await sleep(10);
  const fourth = await RawClient.connect(path);
  await second?.over;
  t.is(second?.received, '2\0ProtocolError\0\0too many requests are not complete\0');
  first?.end('name work\0x');
  third?.end('ength dom0 name work\0xx');
  fourth.end(`${HEADER}xxx`);
  await Promise.all([first?.over, third?.over, fourth.over]);
  t.deepEqual(
    [first, third, fourth].map((client) => client?.received),
    ['0\x001', '0\x002', '0\x003'],
  );
});

test('500 requests of 60 kB that never end leave others unaffected, and are bounded', async (t) => {
  const { path } = await serveSocket(t, [length]);
  const half = Buffer.from(HEADER.padEnd(60_000, 'x'));
  const clients = await Promise.all(
    Array.from({ length: 500 }, async () => {
      const client = await RawClient.connect(path);
      client.write(half);
      return client;
    }),
  );
  for (let count = 0; count < 50; count++) t.is(await ask(path, `${HEADER}abc`), '0\x003');
  await sleep(50);
  const open = clients.filter(({ isOver }) => !isOver).length;
  t.true(open <= 256, `${open} are open`);
  t.true(open >= 200, `${open} are open`);
  for (const client of clients) client.destroy();
});

test('a caller that goes away aborts its call', async (t) => {
  let aborted: (() => void) | undefined;
  const gone = new Promise<void>((resolve) => (aborted = resolve));
  const begun: string[] = [];
  const { path } = await serveSocket(
    t,
    [
      testService('wait', (call) => {
        begun.push(call.method);
        return new Promise((resolve) => {
          call.signal.addEventListener('abort', () => {
            aborted?.();
            resolve(undefined);
          });
        });
      }),
    ],
    { limits: { sweepMs: 20 } },
  );
  const client = await RawClient.connect(path);
  client.end('wait dom0 name work\0');
  while (begun.length === 0) await sleep(5);
  // It has ended its half in order: nothing but an attempt to write can tell that it is gone.
  await sleep(100);
  client.destroy();
  await gone;
  t.pass();
});

test('a caller that half-closes and waits is not taken for gone', async (t) => {
  const { path } = await serveSocket(
    t,
    [
      testService('wait', async (call) => {
        await sleep(200);
        return String(call.signal.aborted);
      }),
    ],
    { limits: { sweepMs: 10 } },
  );
  t.is(await ask(path, 'wait dom0 name work\0'), '0\0false');
});

test('a reply that nobody takes is given up', async (t) => {
  const big = testService('big', () => 'x'.repeat(16 * 1024 * 1024));
  const { path, host } = await serveSocket(t, [big, length], {
    limits: { replyMs: 200, sweepMs: 20 },
  });
  const client = await RawClient.connect(path);
  client.socket.pause();
  client.end('big dom0 name work\0');
  await sleep(50);
  t.is(host.quietMs, 0);
  while (host.quietMs === 0) await sleep(10);
  client.destroy();
  // Whoever takes a reply gets it; a busy machine may need longer than the limit for the big one.
  t.is(await ask(path, 'length dom0 name work\0abc'), '0\x003');
});

test('a reader of events that does not read is cut off, others get all', async (t) => {
  const events = testService('events', (call) => {
    const stop = call.app.addObserver((subject, event, payload) => {
      call.sendEvent(subject?.name ?? '', event, payload);
    });
    call.sendEvent('', 'connection-established', {});
    return new Promise((resolve) => {
      call.signal.addEventListener('abort', () => {
        stop();
        resolve(undefined);
      });
    });
  });
  const { path, host, system } = await serveSocket(t, [events]);
  const good = await RawClient.connect(path);
  const deaf = await RawClient.connect(path);
  for (const client of [good, deaf]) {
    client.end('events dom0 name dom0\0');
    await client.until((text) => text.includes('connection-established'));
  }
  deaf.socket.pause();
  const value = 'v'.repeat(20_000);
  const before = process.memoryUsage().rss;
  for (let count = 0; count < 300; count++) {
    system.app.apply(() => system.qube('work').features.set('f', `${count}${value}`));
    await new Promise(setImmediate);
  }
  await good.until((text) => text.includes(`299${value}`));
  const set = good.received.split('\0').filter((one) => one === 'domain-feature-set:f');
  t.is(set.length, 300);
  t.true(process.memoryUsage().rss - before < 150 * 1024 * 1024);
  deaf.socket.resume();
  await deaf.over;
  t.false(deaf.received.includes(`299${value}`));
  t.is(host.quietMs, 0);
  good.destroy();
});

test('events of one tick go out in one write', async (t) => {
  const burst = testService('burst', async (call) => {
    for (let count = 0; count < 5; count++) call.sendEvent('', `e${count}`, {});
    return undefined;
  });
  const { path } = await serveSocket(t, [burst]);
  const client = await RawClient.connect(path);
  let pieces = 0;
  client.socket.on('data', () => pieces++);
  client.end('burst dom0 name dom0\0');
  await client.over;
  t.is(client.received, [0, 1, 2, 3, 4].map((count) => `1\0\0e${count}\0\0`).join(''));
  t.is(pieces, 1);
});

test('stopping finishes calls, ends streams of events, and takes no more', async (t) => {
  const { path, host } = await serveSocket(t, [
    testService('slow', async () => sleep(300, 'done')),
    testService('events', (call) => {
      call.sendEvent('', 'connection-established', {});
      return new Promise((resolve) => {
        call.signal.addEventListener('abort', () => resolve(undefined));
      });
    }),
  ]);
  const slow = await RawClient.connect(path);
  slow.end('slow dom0 name work\0');
  const events = await RawClient.connect(path);
  events.end('events dom0 name work\0');
  await events.until((text) => text !== '');
  const half = await RawClient.connect(path);
  half.write('slow dom0');
  await sleep(20);
  const stopped = host.stop();
  await Promise.all([slow.over, events.over, half.over, stopped]);
  t.is(slow.received, '0\0done');
  t.is(events.received, '1\0\0connection-established\0\0');
  t.is(events.error, undefined);
  t.is(half.received, '2\0ProtocolError\0\0the host is stopping\0');
  await t.throwsAsync(ask(path, HEADER), { code: 'ENOENT' });
});

test('stopping waits for no call for ever', async (t) => {
  const { path, host } = await serveSocket(
    t,
    [testService('never', () => new Promise(() => undefined))],
    { limits: { lastCallsMs: 100, lastRequestsMs: 10 } },
  );
  const client = await RawClient.connect(path);
  client.end('never dom0 name work\0');
  await sleep(20);
  await host.stop();
  await client.over;
  t.is(client.received, '');
});

test('who has connected when the host stops is still answered', async (t) => {
  const { path, host } = await serveSocket(t, [length]);
  const waiting = Array.from({ length: 20 }, () => ask(path, `${HEADER}xy`));
  await host.stop();
  for (const reply of await Promise.all(waiting)) t.is(reply, '0\x002');
});

test('the socket is for owner and group only', async (t) => {
  const { path } = await serveSocket(t, [length]);
  t.is((await stat(path)).mode & 0o777, 0o660);
});

test('the socket of a dead host is replaced, that of a living one is not', async (t) => {
  const { path, host, dispatcher } = await serveSocket(t, [length]);
  const folder = await temporaryFolder(t);
  const dead = join(folder, 'dead.sock');
  await writeFile(dead, '');
  await chmod(dead, 0o600);
  await host.listen(dead, dispatcher);
  t.is(await ask(dead, HEADER), '0\x000');

  await t.throwsAsync(host.listen(path, dispatcher), {
    instanceOf: NeedsError,
    message: `Cannot listen on ${path}: another program does`,
  });
  t.is(await ask(path, HEADER), '0\x000');
});

test('a socket that cannot be made is an error that says why', async (t) => {
  const { host, dispatcher } = await serveSocket(t, [length]);
  const folder = await temporaryFolder(t);
  await t.throwsAsync(host.listen(join(folder, 'none', 'x.sock'), dispatcher), {
    instanceOf: NeedsError,
  });
  const long = join(folder, 'x'.repeat(100), 'qubesd.sock');
  await t.throwsAsync(host.listen(long, dispatcher), {
    instanceOf: UsageError,
    message: /at most 107 bytes/,
  });
});

test('a host is quiet from the end of its last connection', async (t) => {
  const { path, host } = await serveSocket(t, [length]);
  await sleep(60);
  t.true(host.quietMs >= 50);
  const client = await RawClient.connect(path);
  await sleep(20);
  t.is(host.quietMs, 0);
  client.end(HEADER);
  const ended = performance.now();
  while (host.quietMs === 0) await sleep(1);
  t.true(host.quietMs <= performance.now() - ended);
});
