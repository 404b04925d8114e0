import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import test from 'ava';

import { EmbeddedCaller } from '../../lib/qrexec/embedded-caller.ts';
import { collect } from '../support/bytes.ts';
import { answerOf, qrexecSystem } from '../support/qrexec-system.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Until something is so; the test's own time ends it. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(10);
}

test.serial('a gigabyte goes through in bounded memory', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Zeros': `exec head -c ${GIB} /dev/zero` });
  const running = await call('test.Zeros');
  await running.stdin.end();
  const before = process.memoryUsage.rss();
  let length = 0;
  let most = 0;
  for await (const block of running.stdout) {
    length += block.length;
    most = Math.max(most, process.memoryUsage.rss());
  }
  t.is(length, GIB);
  t.is(await running.finished, 0);
  t.true(most - before < 200 * MIB, `${most - before} bytes more`);
});

test('a reader that stalls holds the service up, and nothing is stored for it', async (t) => {
  const { root, call } = await qrexecSystem(t, {
    'test.Zeros': 'dd if=/dev/zero bs=1M count=64 2>/dev/null; echo > "$HOME/ended"',
  });
  const running = await call('test.Zeros');
  const blocks = running.stdout[Symbol.asyncIterator]();
  await blocks.next();
  await delay(300);
  t.false(existsSync(join(root, 'home', 'backup', 'ended')));
  let length = 0;
  while (!(await blocks.next()).done) length++;
  t.true(length > 0);
  t.is(await running.finished, 0);
});

test('a service that does not read holds the caller up', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Wait': 'exec sleep 60' });
  const running = await call('test.Wait');
  let written = 0;
  const writing = (async () => {
    for (; written < 64; written++) await running.stdin.write(new Uint8Array(MIB));
  })();
  const failed = t.throwsAsync(writing);
  await delay(300);
  t.true(written < 8, `${written} MiB were taken`);
  running.kill();
  await failed;
});

test('each half can be closed before the other', async (t) => {
  const { call } = await qrexecSystem(t, {
    'test.Late': 'cat >/dev/null; echo after the end',
    'test.Early': 'echo before; exec >&-; cat > "$HOME/heard"; exit 3',
  });
  t.is(await answerOf(await call('test.Late')), 'after the end\n');
  const early = await call('test.Early');
  t.is((await collect(early.stdout)).toString(), 'before\n');
  await early.stdin.write(Buffer.from('afterwards'));
  await early.stdin.end();
  t.is(await early.finished, 3);
});

test('the call ends with the service, though the caller could go on', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Exit': 'echo done; exit 4' });
  const running = await call('test.Exit');
  t.is((await collect(running.stdout)).toString(), 'done\n');
  t.is(await running.finished, 4);
});

test('a child in the background that keeps the output keeps the call', async (t) => {
  const { root, call } = await qrexecSystem(t, {
    'test.Fork':
      '(while [ ! -e "$HOME/go" ]; do sleep 0.05; done; echo child) & echo parent; exit 6',
  });
  const running = await call('test.Fork');
  let ended = false;
  void running.finished.then(() => (ended = true));
  const blocks = running.stdout[Symbol.asyncIterator]();
  t.is(Buffer.from((await blocks.next()).value ?? []).toString(), 'parent\n');
  await delay(200);
  t.false(ended);
  await writeFile(join(root, 'home', 'backup', 'go'), '');
  t.is(Buffer.from((await blocks.next()).value ?? []).toString(), 'child\n');
  t.true((await blocks.next()).done);
  t.is(await running.finished, 6);
});

test('leaving the answer tells the service when it writes again', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Yes': 'exec yes' });
  const running = await call('test.Yes');
  for await (const block of running.stdout) if (block.length > 0) break;
  // With some of it unread its next write is reset, and the one after it ends it by SIGPIPE.
  t.true([1, 128 + 13].includes(await running.finished));
});

test('the answer of a call that is killed ends', async (t) => {
  const { call } = await qrexecSystem(t, { 'test.Wait': 'echo ready; exec sleep 60' });
  const running = await call('test.Wait');
  const said: string[] = [];
  for await (const block of running.stdout) {
    said.push(Buffer.from(block).toString());
    running.kill();
  }
  t.deepEqual(said, ['ready\n']);
  t.is(await running.finished, 143);
});

test('killing a call ends it though a child of the service goes on', async (t) => {
  const { root, call } = await qrexecSystem(t, {
    'test.Fork': 'sleep 60 & echo $! > "$HOME/pid"; wait',
  });
  const running = await call('test.Fork');
  const file = join(root, 'home', 'backup', 'pid');
  await until(async () => /^\d+\n/.test(await readFile(file, 'utf8').catch(() => '')));
  const child = Number(await readFile(file, 'utf8'));
  t.teardown(() => void process.kill(child));
  running.kill();
  t.is(await running.finished, 143);
});

test('messages wait for who reads them', async (t) => {
  const { root } = await qrexecSystem(t, {
    'test.Talk': 'head -c 8388608 /dev/zero >&2; echo > "$HOME/ended"',
  });
  let heard = 0;
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const running = await new EmbeddedCaller({ root }).call({
    target: 'backup',
    service: 'test.Talk',
    argument: '',
    signal: new AbortController().signal,
    onStderr: (block) => {
      heard += block.length;
      return gate;
    },
  });
  await delay(300);
  t.false(existsSync(join(root, 'home', 'backup', 'ended')));
  release();
  await answerOf(running);
  t.is(await running.finished, 0);
  t.is(heard, 8 * MIB);
});
