import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { summaryEvent } from '../../lib/base/report.ts';
import { mountSmallDisk } from '../base/small-disk.ts';
import { joined } from '../support/archive-member.ts';
import {
  type Attack,
  checkTarget,
  hostileFolder,
  restore,
  startRestore,
} from '../support/attack.ts';
import { fileDigest } from '../support/image.ts';
import { ALL_OK, imagesOf, makeVictim } from '../support/victim.ts';

const VICTIM = await makeVictim();
const OTHER = await makeVictim({ backupId: '20261122T000000-2', qubes: [{ name: 'alpha' }] });
const EXTRACT = ['extract', 'archive', '--passphrase-file', 'pass', '--into'];
const ARCHIVE = joined(VICTIM.members);

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** A folder with the archive and a target that `prepare` put something into. */
async function withTarget(t: ExecutionContext, prepare: (target: string) => Promise<unknown>) {
  const folder = await hostileFolder(t, ARCHIVE);
  const target = join(folder, 'out');
  await mkdir(target);
  await mkdir(join(folder, 'elsewhere'));
  await prepare(target);
  const run = (): Promise<Attack> => restore([...EXTRACT, 'out'], { cwd: folder });
  return { folder, target, run };
}

const FOREIGN: readonly (readonly [
  string,
  (target: string) => Promise<unknown>,
  number,
  RegExp,
])[] = [
  [
    'a link in the place of a qube folder',
    (target) => symlink('../elsewhere', join(target, 'alpha')),
    6,
    /Cannot open the folder .*out\/alpha: it is (not a folder|a link)/,
  ],
  [
    'a file in the place of a qube folder',
    (target) => writeFile(join(target, 'alpha'), 'precious'),
    6,
    /Cannot open the folder .*out\/alpha: it is not a folder/,
  ],
  [
    'a link in the place of an image',
    async (target) => {
      await mkdir(join(target, 'alpha'));
      await symlink('../../elsewhere/image', join(target, 'alpha/private.img'));
    },
    2,
    /out\/alpha\/private\.img: what is there is not what this backup holds/,
  ],
  [
    'a foreign image',
    async (target) => {
      await mkdir(join(target, 'alpha'));
      await writeFile(join(target, 'alpha/private.img'), 'precious');
    },
    2,
    /out\/alpha\/private\.img: what is there is not what this backup holds/,
  ],
  [
    'a fifo in the place of qubes.xml',
    (target) => execa('mkfifo', [join(target, 'qubes.xml')]),
    6,
    /Cannot open .*out\/qubes\.xml: it is not a plain file/,
  ],
  [
    'a fifo in the place of the journal',
    (target) => execa('mkfifo', [join(target, '.qubes-restore.jsonl')]),
    6,
    /Cannot open .*\.qubes-restore\.jsonl: it is not a plain file/,
  ],
  [
    'a link in the place of the journal',
    (target) => symlink('../elsewhere/journal', join(target, '.qubes-restore.jsonl')),
    6,
    /Cannot open .*\.qubes-restore\.jsonl: it is a link, and links are not followed/,
  ],
];

for (const [what, prepare, status, says] of FOREIGN) {
  test(`${what} is left alone and told, and nothing is followed`, async (t) => {
    const { folder, target, run } = await withTarget(t, prepare);
    const before = await lstat(join(target, 'alpha')).catch(() => undefined);
    const { exitCode, errors } = await run();
    t.regex(errors[0]?.message ?? '', says);
    t.is(exitCode, status);
    t.deepEqual(await readdir(join(folder, 'elsewhere')), []);
    t.is((await lstat(join(target, 'alpha')).catch(() => undefined))?.ino, before?.ino);
    const report = await readFile(join(target, 'report.json'), 'utf8').catch(() => undefined);
    if (report !== undefined) t.false(summaryEvent.parse(JSON.parse(report)).ok);
  });
}

test('a link in the place of a half-written image is replaced, not followed', async (t) => {
  const { folder, target, run } = await withTarget(t, async (at) => {
    await mkdir(join(at, 'alpha'));
    await symlink('../../elsewhere/image', join(at, 'alpha/.private.img.partial'));
  });
  const attack = await run();
  t.is(attack.exitCode, 0);
  t.deepEqual(await checkTarget(t, target, attack), imagesOf(VICTIM));
  t.deepEqual(await readdir(join(folder, 'elsewhere')), []);
});

test('files of other people beside ours are neither touched nor in the way', async (t) => {
  const { target, run } = await withTarget(t, async (at) => {
    await mkdir(join(at, 'alpha'));
    await writeFile(join(at, 'alpha/mine.txt'), 'precious');
    await writeFile(join(at, 'mine.txt'), 'precious');
  });
  const attack = await run();
  t.is(attack.exitCode, 0);
  t.deepEqual(await checkTarget(t, target, attack), imagesOf(VICTIM));
  for (const name of ['alpha/mine.txt', 'mine.txt']) {
    t.is(await readFile(join(target, name), 'utf8'), 'precious');
  }
});

test('the folder of another backup is refused and left as it was', async (t) => {
  const { folder, target, run } = await withTarget(t, async () => undefined);
  t.is((await run()).exitCode, 0);
  const report = await readFile(join(target, 'report.json'), 'utf8');
  await writeFile(join(folder, 'archive'), joined(OTHER.members));
  const { exitCode, errors } = await run();
  t.is(exitCode, 2);
  t.regex(errors[0]?.message ?? '', /it holds another backup's qubes\.xml/);
  t.is(await readFile(join(target, 'report.json'), 'utf8'), report);
});

test('an image that was changed after it was finished is done again, and kept aside', async (t) => {
  const { target, run } = await withTarget(t, async () => undefined);
  t.is((await run()).exitCode, 0);
  await writeFile(join(target, 'gamma/private.img'), 'mine now');
  t.is((await run()).exitCode, 0);
  const expected = VICTIM.manifest.vms['gamma']?.volumes['private']?.sha256 ?? 'unknown';
  t.is(await fileDigest(join(target, 'gamma/private.img')), expected);
  t.is(await readFile(join(target, 'gamma/private.img.changed'), 'utf8'), 'mine now');
});

test('two runs into one folder: the second is refused, the first not disturbed', async (t) => {
  const folder = await hostileFolder(t, new Uint8Array(0));
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield ARCHIVE.subarray(0, ARCHIVE.length - 20_000);
    await second;
    yield ARCHIVE.subarray(ARCHIVE.length - 20_000);
  }
  let release: () => void = () => undefined;
  const second = new Promise<void>((resolve) => (release = resolve));
  const from = ['extract', '-', '--passphrase-file', 'pass', '--into', 'out'];
  const first = await startRestore(from, { cwd: folder, input: slowly() });
  await first.speaks;
  // The plan is told before the folder is opened.
  while (!(await exists(join(folder, 'out/qubes.xml'))));
  const { exitCode, errors } = await restore(from, { cwd: folder, input: ARCHIVE });
  release();
  t.is(exitCode, 2);
  t.regex(errors[0]?.message ?? '', /Cannot extract to .*out: another run is writing there/);
  const ended = await first.ended;
  t.is(ended.exitCode, 0);
  t.deepEqual(await checkTarget(t, join(folder, 'out'), ended), imagesOf(VICTIM));
});

const disk = mountSmallDisk(200 * 1024);
process.once('exit', () => disk?.remove());

(disk === undefined ? test.skip : test)(
  'a full disk: exit status 6, nothing half done left; a later run with more space goes on',
  async (t) => {
    const folder = await hostileFolder(t, ARCHIVE);
    const target = disk?.path ?? '';
    const full = await restore([...EXTRACT, target, '--jobs', '1'], { cwd: folder });
    t.is(full.exitCode, 6);
    t.regex(
      full.errors[0]?.message ?? '',
      /^Cannot write .*\/beta\/private\.img: the disk is full$/,
    );
    t.regex(full.errors[0]?.hint ?? '', /Free some space/);
    t.is(full.parts['beta:private'], 'damaged');
    t.is(full.parts['alpha:private'], 'ok');
    const kept = await checkTarget(t, target, full);
    t.deepEqual(Object.keys(kept), ['alpha/private.img']);
    await execa('mount', ['-o', 'remount,size=4m', target]);
    const again = await restore([...EXTRACT, target], { cwd: folder });
    t.is(again.exitCode, 0);
    t.deepEqual(again.parts, ALL_OK);
    t.deepEqual(await checkTarget(t, target, again), imagesOf(VICTIM));
    const alpha = again.summary?.qubes.find(({ name }) => name === 'alpha');
    t.true(alpha?.parts.every(({ resumed }) => resumed === true));
  },
);
