import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';

import { join } from 'node:path';

import test from 'ava';

import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import { EmbeddedQmemman } from '../../lib/hypervisor/embedded-qmemman.ts';
import { Qmemman } from '../../lib/hypervisor/qmemman.ts';
import { openSystem } from '../support/admin-system.ts';
import { MemoryMachine } from '../support/memory-machine.ts';
import { RawClient } from '../support/served-socket.ts';
import { stayAwake } from '../support/stay-awake.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;

function rawClient({ folder }: MemoryMachine): Promise<RawClient> {
  return RawClient.connect(join(folder, 'qmemman.sock'));
}

/** What is answered to a request; nothing when it is cut off. */
async function answerTo(machine: MemoryMachine, request: string | Uint8Array): Promise<string> {
  const client = await rawClient(machine);
  client.write(request);
  const answer = await client.until((received) => received.endsWith('\n'));
  client.destroy();
  return answer;
}

test('the file is as that of qmemman, and there before anything is done', async (t) => {
  const machine = await MemoryMachine.make(t);
  const path = join(machine.folder, 'qmemman-avail-mem');
  t.is(await readFile(path, 'utf8'), String(1000 * MIB));
  await machine.run('work');
  t.is(await readFile(path, 'utf8'), String(600 * MIB));
  t.deepEqual((await readdir(machine.folder)).sort(), [
    'domains.json',
    'qmemman-avail-mem',
    'qmemman.sock',
    'work',
  ]);
});

test('who watches is told when there is more, and when there is less', async (t) => {
  stayAwake(t);
  const machine = await MemoryMachine.make(t);
  let calls = 0;
  let wake: () => void = () => undefined;
  const unwatch = machine.client.watch(() => {
    calls++;
    wake();
  });
  t.teardown(unwatch);
  const told = async (): Promise<void> => {
    while (calls === 0) await new Promise<void>((resolve) => (wake = resolve));
    calls = 0;
  };
  await machine.run('work');
  await told();
  t.is(await machine.availableMiB(), 600);
  await machine.hypervisor.destroy('work');
  await told();
  t.is(await machine.availableMiB(), 1000);
});

test('where no memory is moved there is no file', async (t) => {
  const machine = await MemoryMachine.make(t);
  await machine.set({ balancesMemory: false });
  await machine.run('work');
  t.is(await machine.client.available(), undefined);
  await machine.set({});
  await machine.hypervisor.destroy('work');
  t.is(await machine.availableMiB(), 1000);
});

test('a machine that nobody understands stops nothing', async (t) => {
  const machine = await MemoryMachine.make(t);
  const reserved = await machine.hypervisor.reserveMemory('work', 100);
  await writeFile(join(machine.root, 'machine.json'), '{');
  t.notThrows(() => reserved?.release());
  t.is(await machine.availableMiB(), 900);
  await machine.set({});
  await machine.run('work');
  t.is(await machine.availableMiB(), 600);
});

test('requests are answered as by qmemman', async (t) => {
  const machine = await MemoryMachine.make(t);
  await machine.run('one');
  await machine.run('two');
  t.is(await answerTo(machine, '1:209715200\n'), 'OK\n');
  t.is(machine.memoryMiB('one'), 200);
  t.is(await answerTo(machine, '1:104857600 2:1\n'), 'OK\n');
  t.deepEqual([machine.memoryMiB('one'), machine.memoryMiB('two')], [100, 1]);
  t.is(await answerTo(machine, '1:9999999999\n'), 'OK\n', 'it has no more than that');
  t.is(machine.memoryMiB('one'), 100);
  t.is(await answerTo(machine, '7:0\n'), 'FAIL\n');
  t.is(await answerTo(machine, 'hello\n'), 'INVALID_ARG\n');
  t.is(await answerTo(machine, `${'9'.repeat(400)}\n`), 'FAIL\n');
});

test('memory that a client asks for is nobody else’s until it goes', async (t) => {
  const machine = await MemoryMachine.make(t);
  const client = await rawClient(machine);
  client.write(`${900 * MIB}\n`);
  t.is(await client.until((received) => received !== ''), 'OK\n');
  t.is(await machine.availableMiB(), 100);
  t.is(await answerTo(machine, `${101 * MIB}\n`), 'FAIL\n');
  t.is(await machine.hypervisor.reserveMemory('work', 101), undefined);
  let freed: () => void = () => undefined;
  const isFree = new Promise<void>((resolve) => (freed = resolve));
  t.teardown(machine.hypervisor.memory.watch(freed));
  client.destroy();
  await isFree;
  t.is(await machine.availableMiB(), 1000);
});

test('garbage is cut off, and harms nobody', async (t) => {
  const machine = await MemoryMachine.make(t, { preferredMiB: 100 });
  await machine.run('work');
  const garbage = ['\n', '1:x\n', '1:0\n1:0\n', 'a:0\n', '\0\n', '1'.repeat(4096)];
  const bytes = [Buffer.from([0xff, 0xfe, 0x0a]), Buffer.alloc(1024 * 1024, ' ')];
  for (const request of [...garbage, ...bytes]) {
    const answer = await answerTo(machine, request);
    t.true(['', 'INVALID_ARG\n'].includes(answer), JSON.stringify(request.toString().slice(0, 8)));
  }
  t.is(machine.memoryMiB('work'), 400);
  const greedy = await rawClient(machine);
  greedy.write('1:0\n');
  t.is(await greedy.until((received) => received !== ''), 'OK\n');
  greedy.write('1:0\n');
  await greedy.over;
  t.is(greedy.received, 'OK\n');
  await t.notThrowsAsync(machine.client.shrink(1, NEVER));
});

test('many at once are served, and those who are silent hold up nobody', async (t) => {
  const machine = await MemoryMachine.make(t, { preferredMiB: 10 });
  const names = Array.from({ length: 20 }, (_, index) => `qube-${index}`);
  for (const name of names) await machine.run(name, 50);
  const silent = await Promise.all(names.map(() => rawClient(machine)));
  await Promise.all(
    names.map((name) => machine.client.shrink(machine.xid(name), new AbortController().signal)),
  );
  t.is(await machine.availableMiB(), 800);
  for (const one of silent) one.destroy();
});

test('for a client that has gone nothing is done any more', async (t) => {
  const machine = await MemoryMachine.make(t, { preferredMiB: 100, shrinkSeconds: 3600 });
  await machine.run('work');
  const stop = new AbortController();
  const asked = machine.client.shrink(1, stop.signal);
  const killed = await rawClient(machine);
  killed.write('1:0\n');
  await machine.clock.untilWaiting(2);
  stop.abort(new Error('it was requested'));
  killed.destroy();
  await t.throwsAsync(asked, { message: 'it was requested' });
  await machine.clock.untilWaiting(0);
  await machine.clock.pass(3_600_000);
  t.is(machine.memoryMiB('work'), 400);
});

test('a dead socket is replaced, none is left, and its path may be long', async (t) => {
  const root = join(await temporaryFolder(t), 'a'.repeat(100), 'b'.repeat(100));
  await mkdir(join(root, 'run'), { recursive: true });
  await writeFile(join(root, 'run', 'qmemman.sock'), '');
  const hypervisor = new EmbeddedHypervisor(root);
  const qmemman = new EmbeddedQmemman(join(root, 'run'), hypervisor.memory);
  await qmemman.start();
  await t.throwsAsync(new Qmemman(join(root, 'run')).shrink(1, NEVER), { message: /FAIL/ });
  t.is((await stat(join(root, 'run', 'qmemman.sock'))).mode & 0o777, 0o600);
  await qmemman.close();
  t.deepEqual(await readdir(join(root, 'run')), ['qmemman-avail-mem']);
});

test('a system has it from its first moment to its last', async (t) => {
  const { root, app } = await openSystem(t);
  t.true((await app.memory.available()) !== undefined);
  await t.throwsAsync(app.memory.shrink(99, NEVER), { message: /FAIL/ });
  t.true((await stat(join(root, 'run', 'qmemman.sock'))).isSocket());
});
