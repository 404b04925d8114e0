import {
  lstat,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';
import { workingMemory } from '../../lib/archive/limits.ts';
import fc from 'fast-check';
import * as z from 'zod';

import type { Outcome } from '../../lib/archive/api.ts';
import { parseMacText } from '../../lib/archive/chunk/mac-text.ts';
import { decryptOpensslStream } from '../../lib/archive/chunk/openssl-stream.ts';
import { openBackup } from '../../lib/archive/open-backup.ts';
import { type BackupSource, openFileSource, streamSource } from '../../lib/archive/outer/source.ts';
import { legacyCipher } from '../../lib/archive/start/legacy-algorithms.ts';
import { DamagedError, UsageError, WrongPassphraseError } from '../../lib/base/errors.ts';
import type { ErrorEvent, ProgressEvent, WarningEvent } from '../../lib/base/report.ts';
import { MiB } from '../../lib/base/size.ts';
import { type ArchiveMember, dataOf, memberOf, writeMembers } from '../support/archive-member.ts';
import { collect, inBlocks } from '../support/bytes.ts';
import { sha256 } from '../support/content.ts';
import { fixtureBackup } from '../support/fixture-backup.ts';
import { fileDigest } from '../support/image.ts';
import { type Format3Backup, type Format3Spec, makeFormat3 } from '../support/make-format-3.ts';
import { changed, contentsSwapped, memberNamed, placesSwapped } from '../support/mutate-backup.ts';
import { runProgram } from '../support/run-program.ts';
import { sandbox } from '../support/sandbox.ts';

const JOBS = 2;

type Event = ProgressEvent | WarningEvent | ErrorEvent;

/** Paths as extract makes them: `QUBE/apps/x.desktop`. */
const fileList = z.array(
  z.object({
    path: z.string(),
    type: z.enum(['file', 'dir', 'symlink']),
    size: z.number().optional(),
    sha256: z.string().optional(),
    target: z.string().optional(),
  }),
);
const allFiles = z.object({
  vms: z.record(z.string(), z.object({ all_files: fileList.optional() })),
  dom0_home: fileList,
});

const FIXTURE = await fixtureBackup('v3-encrypted-compressed');
const FILES = allFiles.parse(
  JSON.parse(await readFile(FIXTURE.path.replace('.qubes-backup', '.manifest.json'), 'utf8')),
);

async function withBackup<T>(
  source: BackupSource,
  passphrase: string,
  work: (backup: Awaited<ReturnType<typeof openBackup>>, events: Event[]) => Promise<T>,
  limits: { memory?: number } = {},
): Promise<T> {
  const events: Event[] = [];
  const backup = await openBackup(source, {
    passphrases: [passphrase],
    limits: { memory: limits.memory ?? 400 * MiB },
    jobs: JOBS,
    onEvent: (event) => events.push(event),
  });
  try {
    return await work(backup, events);
  } finally {
    await backup.close();
  }
}

/** What verify says of an archive. */
async function verify(
  path: string,
  passphrase = 'correct horse',
): Promise<{ outcome: Outcome; errors: ErrorEvent[]; warnings: WarningEvent[] }> {
  return await withBackup(await openFileSource(path), passphrase, async (backup, events) => {
    const outcome = await backup.verify();
    return {
      outcome,
      errors: events.filter((event) => event.type === 'error'),
      warnings: events.filter((event) => event.type === 'warning'),
    };
  });
}

function digestsOf({ qubes }: Outcome): Map<string, string | undefined> {
  return new Map(
    qubes.flatMap(({ name, parts }) =>
      parts.filter(({ status }) => status === 'ok').map((p) => [`${name}:${p.part}`, p.sha256]),
    ),
  );
}

function statusOf({ qubes }: Outcome, target: string): string | undefined {
  const [name, part] = target.split(':', 2);
  return qubes.find((qube) => qube.name === name)?.parts.find((one) => one.part === part)?.status;
}

test('a backup of Qubes 3 verifies with all digests of its volumes', async (t) => {
  const { outcome, warnings } = await verify(FIXTURE.path, 'qubes');
  t.true(outcome.ok);
  const digests = digestsOf(outcome);
  let volumes = 0;
  for (const [name, qube] of Object.entries(FIXTURE.manifest.vms)) {
    for (const [volume, { sha256 }] of Object.entries(qube.volumes)) {
      t.is(digests.get(`${name}:${volume}`), sha256, `${name}:${volume}`);
      volumes++;
    }
  }
  t.is(volumes, 10);
  t.deepEqual(
    warnings.map(({ code }) => code),
    ['not-proven'],
  );
});

test('a backup of Qubes 3 is extracted file by file, and not again', async (t) => {
  const into = join(await sandbox(t), 'out');
  const extract = async (): Promise<Outcome> =>
    await withBackup(await openFileSource(FIXTURE.path), 'qubes', (b) => b.extract(into));
  t.true((await extract()).ok);

  const expected = [
    ...Object.values(FILES.vms).flatMap(({ all_files = [] }) => all_files),
    ...FILES.dom0_home.map((entry) => ({
      ...entry,
      path: entry.path.replace('dom0-home/user', 'dom0/home'),
    })),
  ];
  t.true(expected.length > 80);
  for (const { path, type, size, sha256, target } of expected) {
    const place = join(into, path);
    const facts = await lstat(place);
    const kind = facts.isSymbolicLink() ? 'symlink' : facts.isDirectory() ? 'dir' : 'file';
    t.is(kind, type, path);
    if (size !== undefined) t.is(facts.size, size, path);
    if (sha256 !== undefined) t.is(await fileDigest(place), sha256, path);
    if (target !== undefined) t.is(await readlink(place), target, path);
  }
  const there = await readdir(into, { recursive: true });
  const ours = ['qubes.xml', 'report.json', '.qubes-restore.jsonl'];
  const folders = new Set(expected.map(({ path }) => path.split('/')[0]));
  t.is(there.length, expected.length + folders.size + 1 + ours.length);

  const again = await extract();
  t.true(again.ok);
  for (const { parts, selected } of again.qubes) {
    if (selected) t.true(parts.every(({ resumed }) => resumed === true));
  }
  await writeFile(join(into, 'test-template-clone', 'apps', 'gedit.desktop'), 'changed');
  await t.throwsAsync(extract(), { instanceOf: UsageError, message: /test-template-clone/ });
});

test('one part of a template comes out of its whole folder', async (t) => {
  const target = 'test-template-clone';
  const digest = FIXTURE.manifest.vms[target]?.volumes['root']?.sha256 ?? '';
  const bytes = await withBackup(await openFileSource(FIXTURE.path), 'qubes', (backup) =>
    collect(backup.cat(target, 'root')),
  );
  t.is(sha256(bytes), digest);

  const into = join(await sandbox(t), 'out');
  const outcome = await withBackup(await openFileSource(FIXTURE.path), 'qubes', (backup) =>
    backup.extract(into, { include: [`${target}:private`] }),
  );
  t.true(outcome.ok);
  t.deepEqual(await readdir(join(into, target)), ['private.img']);
});

test('a part that a template does not have is an error, not an empty file', async (t) => {
  await withBackup(await openFileSource(FIXTURE.path), 'qubes', async (backup) => {
    const cat = collect(backup.cat('test-template-clone', 'notes.txt'));
    await t.throwsAsync(cat, { instanceOf: DamagedError });
  });
});

test('a wrong passphrase is told as such', async (t) => {
  await t.throwsAsync(verify(FIXTURE.path, 'wrong'), { instanceOf: WrongPassphraseError });
});

const KINDS: Record<string, Format3Spec> = {
  'encrypted and compressed': {},
  'in chunks that end inside a cipher block': { chunkSize: 1001 },
  'in chunks, the last of which is empty': {
    encrypted: false,
    compressed: false,
    chunkSize: 512 * 40,
  },
  'only encrypted': { compressed: false },
  'only compressed': { encrypted: false, chunkSize: 4096 },
  'neither encrypted nor compressed': { encrypted: false, compressed: false },
  'with another digest and cipher': { digest: 'SHA1', cipher: 'aes-128-cbc' },
  'with a passphrase that is not ASCII': { passphrase: 'Grüße, 世界' },
  'padded with zeros after the compressed data': {
    packed: (_file, stream) => Buffer.concat([stream, new Uint8Array(10240)]),
    chunkSize: 4096,
  },
};

for (const [kind, spec] of Object.entries(KINDS)) {
  test(`made by tar, gzip and openssl, ${kind}: read from a file and from a stream`, async (t) => {
    const made = await makeFormat3(await sandbox(t), spec);
    const { passphrase = 'correct horse' } = spec;
    for (const source of [
      await openFileSource(made.path),
      streamSource(createReadStream(made.path, { highWaterMark: 1000 }), 'stream'),
    ]) {
      const { outcome, events } = await withBackup(source, passphrase, async (backup, events) => ({
        outcome: await backup.verify(),
        events,
      }));
      t.deepEqual(
        events.filter(({ type }) => type === 'error'),
        [],
      );
      t.true(outcome.ok);
      t.like(Object.fromEntries(digestsOf(outcome)), made.digests);
    }
  });
}

test('a chunk larger than the memory budget is read twice', async (t) => {
  const made = await makeFormat3(await sandbox(t), { encrypted: false, compressed: false });
  const outcome = await withBackup(
    await openFileSource(made.path),
    'correct horse',
    (backup) => backup.verify(),
    { memory: workingMemory(JOBS) + 4096 },
  );
  t.true(outcome.ok);
  t.like(Object.fromEntries(digestsOf(outcome)), made.digests);
});

/** A change to an archive, and what must be said of it. */
interface Hostile {
  readonly spec?: Format3Spec;
  readonly change?: (made: Format3Backup) => ArchiveMember[] | Promise<ArchiveMember[]>;
  readonly stage: string;
  readonly message: RegExp;
  /** The part that is damaged by it; `work:private` unless told, null for none. */
  readonly damaged?: string | null;
}

const WHOLE: Format3Spec = {};
const CHUNKED: Format3Spec = { chunkSize: 4096 };

const made = new Map<Format3Spec, Promise<Format3Backup>>();
const folders: string[] = [];

/** A backup that several tests start from; made once, since that takes many processes. */
async function shared(spec: Format3Spec = WHOLE): Promise<Format3Backup> {
  const backup =
    made.get(spec) ??
    mkdtemp(join(tmpdir(), 'qubes-rpc-test-')).then((folder) => {
      folders.push(folder);
      return makeFormat3(folder, spec);
    });
  made.set(spec, backup);
  return await backup;
}

test.after.always(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});
const IMAGE = 'vm2/private.img';

function withByte(member: ArchiveMember, at: number): ArchiveMember {
  const data = Uint8Array.from(dataOf(member));
  data[at] = (data[at] ?? 0) ^ 1;
  return memberOf({ name: member.name, data });
}

const HOSTILE: Record<string, Hostile> = {
  'a flipped byte in a chunk': {
    change: ({ members }) => changed(members, `${IMAGE}.000`, (m) => [withByte(m, 100)]),
    stage: 'mac',
    message: /does not match its MAC/,
  },
  'a flipped digit in a MAC': {
    change: ({ members }) =>
      changed(members, `${IMAGE}.000.hmac`, (m) => [withByte(m, m.size - 10)]),
    stage: 'mac',
    message: /does not match its MAC|is no MAC/,
  },
  'a MAC that is something else': {
    change: ({ members }) =>
      changed(members, `${IMAGE}.000.hmac`, ({ name }) => [
        memberOf({ name, data: Buffer.from('Verified OK\n') }),
      ]),
    stage: 'mac',
    message: /is no MAC/,
  },
  'a MAC of 1 MiB': {
    change: ({ members }) =>
      changed(members, `${IMAGE}.000.hmac`, ({ name }) => [
        memberOf({ name, data: Buffer.alloc(MiB, 'a') }),
      ]),
    stage: 'mac',
    message: /is no MAC/,
  },
  'a MAC made with another digest': {
    change: async ({ members }) => {
      const data = dataOf(memberNamed(members, `${IMAGE}.000`));
      const args = ['dgst', '-sha256', '-hmac', 'correct horse'];
      const { stdout } = await runProgram('openssl', args, { input: data });
      return changed(members, `${IMAGE}.000.hmac`, ({ name }) => [
        memberOf({ name, data: stdout }),
      ]);
    },
    stage: 'mac',
    message: /does not match its MAC/,
  },
  'a missing MAC': {
    change: ({ members }) => changed(members, `${IMAGE}.000.hmac`, () => []),
    stage: 'mac',
    message: /does not stand behind it/,
  },
  'a MAC before its chunk': {
    change: ({ members }) => placesSwapped(members, `${IMAGE}.000`, `${IMAGE}.000.hmac`),
    stage: 'mac',
    message: /does not stand behind it/,
  },
  'a MAC without a chunk': {
    change: ({ members, sealed }) =>
      sealed('vm2/notes.txt.000', Buffer.from('x')).then(([, mac]) =>
        mac === undefined ? [] : [...members, mac],
      ),
    stage: 'name',
    message: /the chunk that it proves does not stand before it/,
    damaged: null,
  },
  'a missing chunk in the middle': {
    spec: CHUNKED,
    change: ({ members }) => members.filter(({ name }) => !name.startsWith(`${IMAGE}.001`)),
    stage: 'order',
    message: /chunk 1 is missing/,
  },
  'chunks that change places with their MACs': {
    spec: CHUNKED,
    change: ({ members }) =>
      placesSwapped(
        placesSwapped(members, `${IMAGE}.000`, `${IMAGE}.001`),
        `${IMAGE}.000.hmac`,
        `${IMAGE}.001.hmac`,
      ),
    stage: 'order',
    message: /chunk 0 is missing/,
  },
  'chunks that change contents with their MACs': {
    spec: CHUNKED,
    change: ({ members }) =>
      contentsSwapped(
        contentsSwapped(members, `${IMAGE}.000`, `${IMAGE}.001`),
        `${IMAGE}.000.hmac`,
        `${IMAGE}.001.hmac`,
      ),
    stage: 'decrypt',
    message: /does not begin as an encrypted file does/,
  },
  'the last chunk left out': {
    spec: { ...CHUNKED, encrypted: false },
    change: ({ members }) => members.filter(({ name }) => !name.startsWith(`${IMAGE}.002`)),
    stage: 'decompress',
    message: /unexpected end of file/,
  },
  'a cipher stream that is cut off': {
    change: async ({ members, sealed }) => {
      const name = `${IMAGE}.000`;
      const data = dataOf(memberNamed(members, name));
      const cut = await sealed(name, data.subarray(0, data.length - 16));
      return members.flatMap((member) =>
        member.name === name ? cut : member.name === `${name}.hmac` ? [] : [member],
      );
    },
    stage: 'decrypt',
    message: /does not end as an encrypted file does/,
  },
  'padding that is not zeros': {
    spec: {
      packed: (file, stream) =>
        file === IMAGE ? Buffer.concat([stream, new Uint8Array(600), Buffer.from('x')]) : stream,
    },
    stage: 'decompress',
    message: /behind the end/,
  },
  'the file of one qube in the place of another': {
    change: ({ members }) =>
      contentsSwapped(
        contentsSwapped(members, `${IMAGE}.000`, 'vm2/kernels.000'),
        `${IMAGE}.000.hmac`,
        'vm2/kernels.000.hmac',
      ),
    stage: 'tar',
    message: /directory, not a file/,
  },
  'a link in the place of an image': {
    spec: {
      stage: async (folder) => {
        await rm(join(folder, IMAGE));
        await symlink('/etc/passwd', join(folder, IMAGE));
      },
    },
    stage: 'tar',
    message: /symlink, not a file/,
  },
  'a link in the place of an image of a template': {
    spec: {
      stage: async (folder) => {
        await rm(join(folder, 'vm3/root.img'));
        await symlink('/etc/passwd', join(folder, 'vm3/root.img'));
      },
    },
    stage: 'tar',
    message: /symlink, not a file/,
    damaged: 'tmpl:root',
  },
  'a damaged chunk of a template': {
    spec: CHUNKED,
    change: ({ members }) => changed(members, 'vm3/..001', (m) => [withByte(m, 5)]),
    stage: 'mac',
    message: /does not match its MAC/,
    damaged: 'tmpl:private',
  },
  'a chunk of format 4': {
    change: ({ members }) => [
      ...members,
      memberOf({ name: 'vm2/notes.txt.000.enc', data: Buffer.from('x') }),
    ],
    stage: 'name',
    message: /no backup has a member like that/,
    damaged: null,
  },
  'a single image of a template beside its folder': {
    change: ({ members, sealed }) =>
      sealed('vm3/root.img.000', Buffer.from('x')).then(([chunk]) =>
        chunk === undefined ? [] : [...members, chunk],
      ),
    stage: 'name',
    message: /belongs to no qube/,
    damaged: null,
  },
};

for (const [what, { spec, change, stage, message, damaged }] of Object.entries(HOSTILE)) {
  test(`hostile: ${what} is found, and costs that part only`, async (t) => {
    const folder = await sandbox(t);
    const made = await shared(spec);
    const path = join(folder, 'changed.qubes-backup');
    await writeMembers(path, change === undefined ? made.members : await change(made));
    const into = join(folder, 'out');
    const [outcome, errors] = await withBackup(
      await openFileSource(path),
      'correct horse',
      async (backup, events) => [
        await backup.extract(into),
        events.filter((event) => event.type === 'error'),
      ],
    );
    t.false(outcome.ok);
    t.is(outcome.failure, 'damaged');
    t.true(
      errors.some((error) => error.stage === stage && message.test(error.message)),
      JSON.stringify(errors),
    );

    const target = damaged === undefined ? 'work:private' : damaged;
    if (target !== null) t.is(statusOf(outcome, target), 'damaged');
    const good = digestsOf(outcome);
    const lost = target?.startsWith('tmpl') === true ? ['tmpl:root', 'tmpl:private'] : [target];
    for (const [name, digest] of Object.entries(made.digests)) {
      t.is(good.get(name), lost.includes(name) ? undefined : digest, name);
      const place = join(into, `${name.replace(':', '/')}.img`);
      const found = await fileDigest(place).catch(() => undefined);
      t.is(found, lost.includes(name) ? undefined : digest, place);
    }
    const left = await readdir(into, { recursive: true });
    t.deepEqual(
      left.filter((name) => name.includes('.partial')),
      [],
    );
  });
}

test('an archive cut off anywhere is never taken for a whole one', async (t) => {
  const made = await shared(CHUNKED);
  const path = join(await sandbox(t), 'cut-off.qubes-backup');
  const ends: number[] = [];
  let start = 0;
  for (const { raw, dataAt, size } of made.members) {
    ends.push(start, start + dataAt + Math.floor(size / 2), start + dataAt + size);
    start += raw.length;
  }
  const whole = await readFile(made.path);
  const last = start - (made.members.at(-1)?.raw.length ?? 0);
  for (const end of ends.filter((at) => at <= last)) {
    await writeFile(path, whole.subarray(0, end));
    const ok = await verify(path).then(
      ({ outcome }) => outcome.ok,
      () => false,
    );
    t.false(ok, `cut off at ${end}`);
  }
});

test('the MAC is read from every form openssl printed, and from nothing else', (t) => {
  const hex = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((b) => Buffer.from(b));
  fc.assert(
    fc.property(hex, fc.constantFrom('', 'SHA2-512', 'HMAC-SHA512'), (mac, label) => {
      const text = `${label}(stdin)= ${mac.toString('hex')}\n`;
      t.deepEqual(parseMacText(Buffer.from(text)), mac);
      t.is(parseMacText(Buffer.from(`${text}x`)), undefined);
      t.is(parseMacText(Buffer.from(text.slice(0, -2))), undefined);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      t.is(parseMacText(bytes), undefined);
    }),
  );
});

test('what openssl encrypted is decrypted, in pieces of any size', async (t) => {
  const cipher = legacyCipher('AES-256-CBC');
  if (cipher === undefined) return t.fail();
  const plain = Buffer.from('a text of more than one block of the cipher, with an odd end');
  const args = ['enc', '-e', '-aes-256-cbc', '-md', 'md5', '-pass', 'pass:secret'];
  const { stdout } = await runProgram('openssl', args, { input: plain, mustSucceed: true });
  for (const size of [1, 7, 16, 1000]) {
    const source = decryptOpensslStream(inBlocks(stdout, size), 'secret', cipher);
    t.deepEqual(await collect(source), plain);
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(stdout.length - 1), async (length) => {
      const cut = decryptOpensslStream(inBlocks(stdout.subarray(0, length), 5), 'secret', cipher);
      // Padding is no proof: some cut streams end well. They never give more than was there.
      const text = await collect(cut).catch((error: unknown) => {
        t.true(error instanceof DamagedError);
        return Buffer.alloc(0);
      });
      t.true(plain.subarray(0, text.length).equals(text));
    }),
  );
});
