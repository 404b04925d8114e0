import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { joined } from '../support/archive-member.ts';
import { hostileFolder, restore } from '../support/attack.ts';
import { inBlocks } from '../support/bytes.ts';
import { builtFolder } from '../support/service-process.ts';
import { ALL_OK, makeVictim } from '../support/victim.ts';

const VICTIM = await makeVictim();
const ARCHIVE = joined(VICTIM.members);
const WITH_PASS = ['--passphrase-file', 'pass'];

async function* thenSilence(bytes: Uint8Array, over: AbortSignal): AsyncGenerator<Uint8Array> {
  yield bytes;
  await delay(60_000, undefined, { signal: over }).catch(() => undefined);
}

for (const [where, length] of [
  ['before the first byte', 0],
  ['in the header', 700],
  ['in a chunk', ARCHIVE.length - 30_000],
] as const) {
  test(`standard input that falls silent ${where} is given up after --stall-timeout`, async (t) => {
    const folder = await hostileFolder(t, new Uint8Array(0));
    const over = new AbortController();
    const args = ['extract', '-', ...WITH_PASS, '--into', 'out', '--stall-timeout', '1'];
    const input = thenSilence(ARCHIVE.subarray(0, length), over.signal);
    const running = restore(args, { cwd: folder, input });
    const { exitCode, errors, milliseconds } = await running.finally(() => over.abort());
    t.is(exitCode, 3);
    t.regex(errors[0]?.message ?? '', /Cannot read on: no byte has come for 1 seconds/);
    t.regex(errors[0]?.hint ?? '', /--stall-timeout/);
    t.true(milliseconds < 5000);
  });
}

test('a fifo nobody writes to, or that falls silent, is given up after --stall-timeout', async (t) => {
  const folder = await hostileFolder(t, new Uint8Array(0));
  await execa('mkfifo', [join(folder, 'fifo')]);
  const args = ['verify', 'fifo', ...WITH_PASS, '--stall-timeout', '1'];
  const never = await restore(args, { cwd: folder });
  t.is(never.exitCode, 3);
  t.regex(never.errors[0]?.message ?? '', /no byte has come for 1 seconds/);
  const writer = await open(join(folder, 'fifo'), constants.O_RDWR);
  await writer.write(ARCHIVE.subarray(0, 40_000));
  const silent = await restore(args, { cwd: folder });
  await writer.close();
  t.is(silent.exitCode, 3);
  t.regex(silent.errors[0]?.message ?? '', /no byte has come for 1 seconds/);
  t.true(silent.milliseconds < 5000);
});

test('a fifo and standard input give what a file gives, in blocks of any size', async (t) => {
  const folder = await hostileFolder(t, ARCHIVE);
  const whole = await restore(['verify', 'archive', ...WITH_PASS], { cwd: folder });
  t.deepEqual(whole.parts, ALL_OK);
  await execa('mkfifo', [join(folder, 'fifo')]);
  const feeding = writeFile(join(folder, 'fifo'), inBlocks(ARCHIVE, 999));
  const fifo = await restore(['verify', 'fifo', ...WITH_PASS], { cwd: folder });
  await feeding;
  t.deepEqual(fifo.summary?.qubes, whole.summary?.qubes);
  const input = inBlocks(ARCHIVE, 77);
  const stdin = await restore(['verify', '-', ...WITH_PASS], { cwd: folder, input });
  t.deepEqual(stdin.summary?.qubes, whole.summary?.qubes);
});

/** An embedded system whose qube has the given program as its `qubes.Restore`. */
async function withService(t: ExecutionContext, script: string): Promise<string> {
  const folder = await hostileFolder(t, ARCHIVE);
  await mkdir(join(folder, 'home/vault'), { recursive: true });
  await mkdir(join(folder, 'qubes-rpc'));
  const service = join(folder, 'qubes-rpc/qubes.Restore');
  const honest = join(await builtFolder(), 'services/qubes.Restore');
  await writeFile(
    service,
    `#!/bin/sh\nhonest() { head -n 2 | '${honest}' 2>/dev/null; }\n${script}\n`,
  );
  await chmod(service, 0o755);
  return folder;
}

const SERVICES: readonly (readonly [string, string, number, RegExp])[] = [
  ['dies at once', 'echo "cannot \\033[31m do it" >&2; exit 7', 3, /exit status 7: cannot _\[31m/],
  ['is killed', 'kill -9 $$', 3, /exit status 137/],
  ['says nothing and ends', 'exit 0', 3, /The data is cut off: the sender stopped at once/],
  ['sends garbage', 'yes garbage | head -c 100000; exit 0', 3, /overlong name|makes no sense/],
  ['sends zeros', 'head -c 100000 /dev/zero; exit 0', 3, /it ends where backup-header should be/],
  ['ends early', 'honest | head -c 60000; exit 0', 5, /The data is cut off: the sender stopped/],
  [
    'fails in the middle',
    'honest | head -c 60000; echo "the disk fell out" >&2; exit 1',
    3,
    /exit status 1: .*the disk fell out/,
  ],
  ['falls silent', 'honest | head -c 60000; exec sleep 30', 3, /no byte has come for 1 sec/],
];

for (const [what, script, status, says] of SERVICES) {
  test(`a qubes.Restore that ${what} is told with its own words, in time`, async (t) => {
    const folder = await withService(t, script);
    const args = ['verify', '--root', folder, '--from', 'vault', join(folder, 'archive')];
    const attack = await restore([...args, ...WITH_PASS, '--stall-timeout', '1'], { cwd: folder });
    t.regex(attack.errors[0]?.message ?? '', says);
    t.is(attack.exitCode, status);
    t.true(attack.milliseconds < 9000);
  });
}
