import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { mountSmallDisk } from '../base/small-disk.ts';
import { adminCall, makeSystem, startHost } from '../support/embedded-system.ts';
import type { RunningHost } from '../support/embedded-system.ts';
import { runImport, startImport } from '../support/import-process.ts';
import { sessionStore } from '../support/recorded-session.ts';
import { builtFolder, HOSTS } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MIB = 2 ** 20;

const disk = mountSmallDisk(16 * MIB);
const onSmallDisk = disk === undefined ? test.skip : test.serial;
test.after.always(() => disk?.remove());

test.before(async () => {
  await builtFolder();
});

async function system(t: ExecutionContext): Promise<{ root: string; host: RunningHost }> {
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  return { root, host: await hostOf(t, root) };
}

async function hostOf(t: ExecutionContext, root: string): Promise<RunningHost> {
  const host = await startHost(root);
  t.teardown(async () => {
    host.kill('SIGKILL');
    await host.finished;
  });
  return host;
}

const imageOf = (root: string): string => join(root, 'appvms', 'work', 'private.img');

/** What a volume has after an import of so many bytes was refused: nothing of it. */
async function isUntouched(root: string): Promise<boolean> {
  const { size, blocks } = await stat(imageOf(root));
  return size === 2 ** 31 && blocks === 0;
}

for (const host of HOSTS) {
  test.serial(`${host}: what is sent becomes the content`, async (t) => {
    const { root } = await system(t);
    const content = randomBytes(3 * MIB + 1);
    const sent = Buffer.concat([Buffer.from(`${content.length}\n`), content]);
    t.deepEqual(await runImport({ root, host }, sent), ['0\0', 0]);
    t.deepEqual(await readFile(imageOf(root)), content);
    const other = randomBytes(content.length);
    t.deepEqual(await runImport({ root, host, hasSize: false }, other), ['0\0', 0]);
    t.deepEqual(await readFile(imageOf(root)), other);
    const info = await adminCall(root, {
      method: 'admin.vm.volume.Info',
      argument: 'private',
      destination: 'work',
    });
    t.regex(info, new RegExp(`^size=${content.length}$`, 'm'));
  });
}

test.serial('too little, too much, nothing at all, and sizes that are none', async (t) => {
  const { root } = await system(t);
  const failed = (why: string): string => `2\0QubesException\0\0Data import failed: ${why}\0`;
  const refused = (why: string): string => `2\0ProtocolError\0\0Size of new data ${why}\0`;
  for (const [sent, reply] of [
    ['5\nab', failed('not enough data (copied 2 bytes, expected 5 bytes)')],
    ['5\n', failed('not enough data (copied 0 bytes, expected 5 bytes)')],
    ['5\nabcdef', failed('too much data (expected 5 bytes)')],
    ['0\na', failed('too much data (expected 0 bytes)')],
    ['', refused('contains non ASCII digits')],
    ['\nab', refused('contains non ASCII digits')],
    ['x\nab', refused('contains non ASCII digits')],
    ['-1\nab', refused('contains non ASCII digits')],
    ['05\nabcde', refused('contains spurious leading zeros')],
    [`${'1'.repeat(20)}\nab`, refused('is bigger than 19 decimal digits')],
    [`${'1'.repeat(21)}\nab`, refused('is bigger than 19 decimal digits')],
  ] as const) {
    t.deepEqual(await runImport({ root }, sent), [reply, 0], JSON.stringify(sent));
    t.true(await isUntouched(root), JSON.stringify(sent));
  }
  t.deepEqual(await runImport({ root }, '0\n'), ['0\0', 0]);
  t.is((await stat(imageOf(root))).size, 0);
});

test.serial('what the host refuses is passed on: no volume, no qube, one that runs', async (t) => {
  const { root } = await system(t);
  const start = { root, hasSize: false } as const;
  for (const [more, reply] of [
    [{ argument: 'nosuch' }, '2\0ProtocolError\0\0Argument not in work volumes\0'],
    [{ argument: '' }, '2\0ProtocolError\0\0expected an argument\0'],
    [{ qube: 'nosuch' }, "2\0QubesVMNotFoundError\0\0No such domain: 'nosuch'\0"],
    [{ argument: 'a b' }, '2\0ProtocolError\0\0Invalid character in the argument of the call\0'],
  ] as const) {
    t.deepEqual(await runImport({ ...start, ...more }), [reply, 0]);
  }
  await adminCall(root, { method: 'admin.vm.Start', destination: 'work' });
  t.deepEqual(await runImport(start), [
    "2\0QubesVMNotHaltedError\0\0Domain is not powered off: 'work'\0",
    0,
  ]);
});

test.serial('the argument may be in the name of the file, and then is empty in argv', async (t) => {
  const { root } = await system(t);
  const folder = await temporaryFolder(t);
  const program = join(folder, 'admin.vm.volume.ImportWithSize+private');
  await symlink(join(await builtFolder(), 'lib', 'admin.vm.volume.ImportWithSize.cjs'), program);
  t.deepEqual(await runImport({ root, program, argument: '' }, '5\nhello'), ['0\0', 0]);
  t.is(await readFile(imageOf(root), 'utf8'), 'hello');
});

test.serial('a file is read from where it stands, and its holes are not read at all', async (t) => {
  const { root } = await system(t);
  const path = join(await temporaryFolder(t), 'terabyte');
  const size = 2 ** 40;
  const line = `${size}\n`;
  const file = await open(path, 'w');
  await file.write(line);
  await file.write('begin', line.length);
  await file.write('middle', line.length + size / 2 + 1);
  await file.write('end', line.length + size - 3);
  await file.close();
  const before = performance.now();
  t.deepEqual(await runImport({ root, file: path }), ['0\0', 0]);
  // To read them would take minutes.
  t.true(performance.now() - before < 60_000, 'a terabyte of holes takes no time');
  const image = await open(imageOf(root));
  t.teardown(() => image.close());
  const at = async (position: number, length: number): Promise<string> =>
    (await image.read(Buffer.alloc(length), 0, length, position)).buffer.toString();
  const { size: length, blocks } = await image.stat();
  t.is(length, size);
  t.true(blocks < 100, `${blocks} blocks`);
  t.is(await at(0, 6), 'begin\0');
  t.is(await at(size / 2, 8), '\0middle\0');
  t.is(await at(size - 4, 4), '\0end');
});

test.serial('a file that becomes shorter while it is read is no content', async (t) => {
  const { root } = await system(t);
  const path = join(await temporaryFolder(t), 'shrinking');
  const size = 192 * MIB;
  await writeFile(path, Buffer.concat([Buffer.from(`${size}\n`), Buffer.alloc(size, 'x')]));
  const running = await startImport({ root, file: path });
  const written = async (): Promise<number> =>
    (await stat(imageOf(root).replace('.img', '-import.img')).catch(() => undefined))?.blocks ?? 0;
  while ((await written()) === 0) await sleep(1);
  running.kill('SIGSTOP');
  await truncate(path, 5);
  running.kill('SIGCONT');
  t.is(
    await running.reply,
    '2\0QubesException\0\0Data import failed: error copying data: the file became shorter while ' +
      'it was read\0',
  );
  t.true(await isUntouched(root));
});

test.serial(
  'files without holes, too short and too long ones, and what another has read already',
  async (t) => {
    const { root } = await system(t);
    const path = join(await temporaryFolder(t), 'file');
    const content = randomBytes(2 * MIB + 7);
    await writeFile(path, Buffer.concat([Buffer.from(`${content.length}\n`), content]));
    t.deepEqual(await runImport({ root, file: path }), ['0\0', 0]);
    t.deepEqual(await readFile(imageOf(root)), content);
    await writeFile(path, `${content.length}\nx`);
    t.regex((await runImport({ root, file: path }))[0], /not enough data \(copied 1 bytes/);
    await writeFile(path, '1\nxy');
    t.regex((await runImport({ root, file: path }))[0], /too much data \(expected 1 bytes\)/);
    await writeFile(path, 'read by another\n5\nhello');
    const fileAlreadyRead = 'read by another\n'.length;
    t.deepEqual(await runImport({ root, file: path, fileAlreadyRead }), ['0\0', 0]);
    t.is(await readFile(imageOf(root), 'utf8'), 'hello');
  },
);

test.serial(
  'an executable that is told to end leaves the old content, and lets the next begin at once',
  async (t) => {
    const { root } = await system(t);
    const running = await startImport({ root });
    running.stdin?.write('1000\nabc');
    await untilImporting(root);
    running.kill('SIGTERM');
    t.is(await running.finished, 143);
    t.true(await isUntouched(root));
    t.deepEqual(await runImport({ root }, '5\nhello'), ['0\0', 0]);
  },
);

/** Until the new content has a place. */
async function untilImporting(root: string): Promise<void> {
  while ((await stat(importOf(root)).catch(() => undefined)) === undefined) await sleep(5);
}

const importOf = (root: string): string => join(root, 'appvms', 'work', 'private-import.img');

test.serial(
  'kill -9 of the executable at any moment leaves the old content, and the next import works',
  async (t) => {
    t.timeout(240_000);
    const { root } = await system(t);
    const sent = Buffer.concat([Buffer.from(`${8 * MIB}\n`), Buffer.alloc(8 * MIB, 'x')]);
    for (let round = 0; round < 8; round++) {
      const before = String(round).repeat(20 + round);
      t.deepEqual(await runImport({ root }, `${before.length}\n${before}`), ['0\0', 0]);
      const running = await startImport({ root });
      running.stdin?.end(sent);
      // One takes some 300 ms, most of it until Node runs.
      await sleep(Math.random() * 500);
      running.kill('SIGKILL');
      const reply = await running.reply;
      const content = await readFile(imageOf(root), 'utf8');
      const isWhole = content === 'x'.repeat(8 * MIB);
      t.true(reply.startsWith('0') ? isWhole : isWhole || content === before, `round ${round}`);
    }
    t.deepEqual(await runImport({ root }, '5\nhello'), ['0\0', 0]);
  },
);

test.serial(
  'kill -9 of the host at any moment leaves the old content or the new, and the next import works',
  async (t) => {
    t.timeout(240_000);
    const root = await temporaryFolder(t);
    await makeSystem(root, sessionStore('start'));
    for (let round = 0; round < 8; round++) {
      const host = await hostOf(t, root);
      const before = String(round).repeat(20 + round);
      t.deepEqual(await runImport({ root }, `${before.length}\n${before}`), ['0\0', 0]);
      const running = await startImport({ root });
      running.stdin?.end(`${8 * MIB}\n${'x'.repeat(8 * MIB)}`);
      await sleep(Math.random() * 500);
      host.kill('SIGKILL');
      await host.finished;
      const reply = await running.reply;
      t.regex(reply, /^(0\0$|2\0QubesException\0)/, 'an answer all the same');
      const content = await readFile(imageOf(root), 'utf8');
      const isWhole = content === 'x'.repeat(8 * MIB);
      t.true(reply.startsWith('0') ? isWhole : isWhole || content === before, `round ${round}`);
      await endStartedHost(root);
    }
    await hostOf(t, root);
    t.deepEqual(await runImport({ root }, '5\nhello'), ['0\0', 0]);
    t.is(await readFile(imageOf(root), 'utf8'), 'hello');
  },
);

/** Ends the host that an executable has started because there was none. */
async function endStartedHost(root: string): Promise<void> {
  const log = await readFile(join(root, 'run', 'qubes-rpcd.log'), 'utf8').catch(() => '');
  const [, pid] = [...log.matchAll(/process (\d+)/g)].at(-1) ?? [];
  if (pid === undefined) return;
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It has gone already.
  }
  await writeFile(join(root, 'run', 'qubes-rpcd.log'), '');
}

onSmallDisk('a full disk is an error that names it, and leaves the old content', async (t) => {
  const { root } = await system(t);
  const folder = join(disk?.path ?? '', 'pool');
  await mkdir(folder);
  const add = `name=small\ndir_path=${folder}\nsetup_check=False`;
  t.is(
    await adminCall(root, { method: 'admin.pool.Add', argument: 'file-reflink', payload: add }),
    '0\0',
  );
  const create = 'name=new label=red pool=small';
  const method = 'admin.vm.CreateInPool.AppVM';
  t.is(await adminCall(root, { method, argument: 'fedora-41', payload: create }), '0\0');
  const [reply, status] = await runImport(
    { root, qube: 'new' },
    Buffer.concat([Buffer.from(`${32 * MIB}\n`), Buffer.alloc(32 * MIB, 1)]),
  );
  t.is(status, 0);
  t.regex(
    reply,
    new RegExp(
      `^2\\0QubesException\\0\\0Data import failed: error copying data: Cannot write ${folder}/\\S+: the disk is full\\0$`,
    ),
  );
  t.is((await stat(join(folder, 'appvms', 'new', 'private.img'))).size, 2 ** 31);
  t.deepEqual(await runImport({ root, qube: 'new' }, '5\nhello'), ['0\0', 0]);
});

test.serial('without a system there is an answer all the same', async (t) => {
  const root = join(await temporaryFolder(t), 'nothing');
  const [reply, status] = await runImport({ root }, '5\nhello');
  t.regex(reply, /^2\0QubesException\0\0There is no system in /);
  t.is(status, 0);
});
