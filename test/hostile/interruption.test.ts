import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { summaryEvent } from '../../lib/base/report.ts';
import { GiB, MiB } from '../../lib/base/size.ts';
import { execa } from 'execa';
import { joined } from '../support/archive-member.ts';
import {
  checkTarget,
  hostileFolder,
  processesOf,
  restore,
  startRestore,
  survivorsOf,
} from '../support/attack.ts';
import { randomBytes } from '../support/content.ts';
import { dear } from '../support/dear.ts';
import { changed } from '../support/mutate-backup.ts';
import { builtFolder } from '../support/service-process.ts';
import { imagesOf, makeVictim } from '../support/victim.ts';

/** Enough to be interrupted at: eight files in chunks of 256 KiB. */
const VICTIM = await makeVictim({
  chunkSize: 256 * 1024,
  qubes: Array.from({ length: 8 }, (_, index) => ({
    name: `q${index}`,
    volumes: {
      private: {
        size: 4 * MiB,
        extents: [{ offset: 0, bytes: randomBytes(`q${index}`, 2 * MiB) }],
      },
    },
  })),
});
const EXTRACT = ['extract', 'archive', '--passphrase-file', 'pass', '--into', 'out'];
const HUGE = await makeVictim({
  qubes: [{ name: 'huge', volumes: { private: { size: 2048 * GiB, extents: [] } } }],
});

/** Sends the signal to the program and all it has started, as Ctrl-C does. */
function toAll(pid: number, signal: NodeJS.Signals): void {
  process.kill(-pid, signal);
}

async function expectOrderlyEnd(t: ExecutionContext, folder: string): Promise<void> {
  const files = await readdir(join(folder, 'out'), { recursive: true }).catch((): string[] => []);
  t.deepEqual(
    files.filter((name) => name.endsWith('.partial')),
    [],
  );
  if (!files.includes('report.json')) return;
  const text = await readFile(join(folder, 'out/report.json'), 'utf8');
  t.like(summaryEvent.parse(JSON.parse(text)), { ok: false, exitCode: 130 });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test.serial(`${signal} at any moment: exit 130 within a second, nothing half done`, async (t) => {
    for (const wait of [0, 15, 40, 80, 150]) {
      const folder = await hostileFolder(t, VICTIM.members);
      const running = await startRestore(EXTRACT, { cwd: folder });
      await running.speaks;
      await delay(wait);
      const told = performance.now();
      toAll(running.pid, signal);
      const { exitCode, errors } = await running.ended;
      if (exitCode === 0) break;
      t.is(exitCode, 130);
      t.true(performance.now() - told < 1000);
      t.like(errors.at(-1), { code: 'cancelled' });
      t.regex(errors.at(-1)?.hint ?? '', /Run the same command again/);
      t.deepEqual(await survivorsOf(running.pid), []);
      await expectOrderlyEnd(t, folder);
    }
  });
}

test.serial(
  'SIGINT during a derivation of seconds: exit 130 at once, no process left',
  async (t) => {
    const cost = { logN: 20, r: 8, p: 2 };
    const archive = changed(VICTIM.members, 'backup-header.hmac', (member) => [dear(member, cost)]);
    const folder = await hostileFolder(t, archive);
    const running = await startRestore(EXTRACT, { cwd: folder });
    while ((await processesOf(running.pid)).length < 2) await delay(20);
    await delay(300);
    const told = performance.now();
    toAll(running.pid, 'SIGINT');
    const { exitCode, errors } = await running.ended;
    t.is(exitCode, 130);
    t.true(performance.now() - told < 1000);
    t.is(errors.length, 1);
    t.deepEqual(await survivorsOf(running.pid), []);
  },
);

test.serial('SIGINT while the source is silent ends in order as well', async (t) => {
  const archive = joined(VICTIM.members);
  const folder = await hostileFolder(t, new Uint8Array(0));
  const over = new AbortController();
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield archive.subarray(0, archive.length / 2);
    await delay(60_000, undefined, { signal: over.signal }).catch(() => undefined);
  }
  const args = ['extract', '-', '--passphrase-file', 'pass', '--into', 'out'];
  const running = await startRestore(args, { cwd: folder, input: silent() });
  await running.speaks;
  await delay(400);
  toAll(running.pid, 'SIGINT');
  const { exitCode, errors, stderr } = await running.ended.finally(() => over.abort());
  t.is(exitCode, 130);
  t.like(errors.at(-1), { code: 'cancelled' });
  t.false(stderr.includes('Ended at once'));
  await expectOrderlyEnd(t, folder);
});

test.serial('killed at any moment and run again: complete, with the right digests', async (t) => {
  const folder = await hostileFolder(t, VICTIM.members);
  for (const wait of [0, 30, 60, 100, 150, 60]) {
    const running = await startRestore(EXTRACT, { cwd: folder });
    await running.speaks;
    await delay(wait);
    process.kill(running.pid, 'SIGKILL');
    await running.ended.catch(() => undefined);
  }
  const attack = await restore(EXTRACT, { cwd: folder });
  t.is(attack.exitCode, 0);
  t.deepEqual(await checkTarget(t, join(folder, 'out'), attack), imagesOf(VICTIM));
});

test.serial('a reader that closes early ends cat of terabytes of zeros, and list', async (t) => {
  const folder = await hostileFolder(t, HUGE.members);
  const program = join(await builtFolder(), 'bin', 'qubes-restore');
  for (const [args, reader, said] of [
    ['cat archive huge:private', ['head', '-c', '10'], '\0'.repeat(10)],
    ['list archive', ['true'], ''],
  ] as const) {
    const began = performance.now();
    const result = await execa(program, [...args.split(' '), '--passphrase-file', 'pass'], {
      cwd: folder,
      timeout: 20_000,
      env: { NODE_EXTRA_CA_CERTS: undefined },
      reject: false,
    })
      .pipe(reader[0], reader.slice(1), { reject: false, stripFinalNewline: false })
      .catch((error: unknown) => error);
    t.like(result, { stdout: said });
    t.true(performance.now() - began < 5000);
  }
});

test.serial('SIGINT ends cat of terabytes of zeros to where writing never waits', async (t) => {
  const folder = await hostileFolder(t, HUGE.members);
  const program = join(await builtFolder(), 'bin', 'qubes-restore');
  const child = execa(program, ['cat', 'archive', 'huge:private', '--passphrase-file', 'pass'], {
    cwd: folder,
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
    timeout: 10_000,
    killSignal: 'SIGKILL',
    env: { NODE_EXTRA_CA_CERTS: undefined },
  });
  await delay(1500);
  const told = performance.now();
  child.kill('SIGINT');
  const { exitCode } = await child;
  t.is(exitCode, 130);
  t.true(performance.now() - told < 1000);
});

test.serial('an image of terabytes that are a hole takes no space and no time', async (t) => {
  const folder = await hostileFolder(t, HUGE.members);
  const { exitCode, milliseconds } = await restore(EXTRACT, { cwd: folder });
  t.is(exitCode, 0);
  t.true(milliseconds < 5000);
  const facts = await stat(join(folder, 'out/huge/private.img'));
  t.is(facts.size, 2048 * GiB);
  t.true(facts.blocks < 64);
});
