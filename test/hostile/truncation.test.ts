import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { Outcome } from '../../lib/archive/api.ts';
import { openBackup } from '../../lib/archive/open-backup.ts';
import { type BackupSource, openFileSource, streamSource } from '../../lib/archive/outer/source.ts';
import { NotReadableError } from '../../lib/base/errors.ts';
import { type ArchiveMember, joined } from '../support/archive-member.ts';
import { inBlocks } from '../support/bytes.ts';
import { randomBytes } from '../support/content.ts';
import { boundaries, memberNamed } from '../support/mutate-backup.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeVictim } from '../support/victim.ts';

/** Small, so that thousands of variants can be read: `a` has one chunk, `b` has five. */
const VICTIM = await makeVictim({
  chunkSize: 1000,
  qubes: ['a', 'b'].map((name, index) => ({
    name,
    volumes: {
      private: {
        size: 8192,
        extents: [{ offset: 0, bytes: randomBytes(name, index === 0 ? 512 : 4096) }],
      },
    },
  })),
});
const MEMBERS = VICTIM.members;
const ARCHIVE = joined(MEMBERS);
const START = MEMBERS.slice(0, 3);

/** Verifies in this process; undefined for what is not readable. */
async function verified(source: BackupSource): Promise<Outcome | undefined> {
  try {
    const backup = await openBackup(source, { passphrases: [VICTIM.seal.passphrase], jobs: 1 });
    try {
      return await backup.verify();
    } finally {
      await backup.close();
    }
  } catch (error) {
    if (error instanceof NotReadableError) return undefined;
    throw error;
  }
}

function statuses(outcome: Outcome | undefined): Record<string, string> {
  return Object.fromEntries(
    (outcome?.qubes ?? []).flatMap(({ name, parts }) =>
      parts.map(({ status }) => [name, status] as const),
    ),
  );
}

const asStream = (bytes: Uint8Array, block = 4096): Promise<Outcome | undefined> =>
  verified(streamSource(inBlocks(bytes, block), 'a stream'));

async function asFile(t: ExecutionContext, bytes: Uint8Array): Promise<Outcome | undefined> {
  const path = join(await temporaryFolder(t), 'archive');
  await writeFile(path, bytes);
  return await verified(await openFileSource(path));
}

/** Where the data of a member ends. */
function endOf(name: string): number {
  const member = memberNamed(MEMBERS, name);
  const before = MEMBERS.slice(0, MEMBERS.indexOf(member));
  return joined(before).length + member.dataAt + member.size;
}

const END_OF_A = endOf('vm1/private.img.000.enc');
const END_OF_B = endOf(MEMBERS.at(-1)?.name ?? '');

/** What can be said of the archive when only that many bytes of it are there. */
function expected(length: number): Record<string, string> | undefined {
  if (length < endOf('qubes.xml.000.enc')) return undefined;
  // Whether more of qubes.xml follows would stand in the header that is cut off.
  const next = joined(START).length;
  if (length > next && length < next + (MEMBERS[START.length]?.dataAt ?? 0)) return undefined;
  return { a: length >= END_OF_A ? 'ok' : 'lost', b: length >= END_OF_B ? 'ok' : 'lost' };
}

for (const [kind, read] of [
  ['a file', asFile],
  ['a stream', (_t: ExecutionContext, bytes: Uint8Array) => asStream(bytes)],
] as const) {
  test(`${kind} cut off at any boundary is never called complete`, async (t) => {
    for (const { offset, what } of boundaries(MEMBERS)) {
      const outcome = await read(t, ARCHIVE.subarray(0, offset));
      const found = statuses(outcome);
      const wanted = expected(offset);
      if (wanted === undefined) {
        t.is(outcome, undefined, what);
        continue;
      }
      const lost = Object.entries(found).map(([name, status]) => [
        name,
        status === 'ok' ? 'ok' : /^(damaged|missing)$/.test(status) ? 'lost' : status,
      ]);
      t.deepEqual(Object.fromEntries(lost), wanted, what);
      t.is(outcome?.ok, offset >= END_OF_B, what);
    }
  });
}

test('an archive cut off in the zeros at its very end is whole', async (t) => {
  t.true((await asFile(t, ARCHIVE.subarray(0, END_OF_B)))?.ok);
  t.true((await asStream(ARCHIVE.subarray(0, END_OF_B + 700)))?.ok);
});

test('an archive fed one byte at a time gives the same digests', async (t) => {
  const whole = await asStream(ARCHIVE);
  const slow = await asStream(ARCHIVE, 1);
  t.true(slow?.ok);
  t.deepEqual(slow?.qubes, whole?.qubes);
});

test('only the chunks in their own order, each once, verify', async (t) => {
  const chunks = MEMBERS.slice(START.length);
  const order = fc.array(fc.nat(chunks.length - 1), { maxLength: chunks.length + 2 });
  const near = fc
    .tuple(
      fc.nat(chunks.length - 1),
      fc.nat(chunks.length - 1),
      fc.constantFrom('swap', 'copy', 'drop'),
    )
    .map(([one, other, how]) => {
      const indexes = chunks.map((_, index) => index);
      if (how === 'swap') [indexes[one], indexes[other]] = [other, one];
      if (how === 'copy') indexes.splice(other, 0, one);
      if (how === 'drop') indexes.splice(one, 1);
      return indexes;
    });
  const identity = chunks.map((_, index) => index).join();
  await fc.assert(
    fc.asyncProperty(fc.oneof(order, near), async (indexes) => {
      const picked = indexes.map((index): ArchiveMember | undefined => chunks[index]);
      const members = [...START, ...picked.filter((member) => member !== undefined)];
      const outcome = await asStream(joined(members));
      const good = indexes.join() === identity || isRotation(indexes);
      t.is(outcome?.ok, good, indexes.join());
    }),
    { seed: 1, numRuns: 25, examples: [[chunks.map((_, index) => index)]] },
  );
});

/** Whole files may change places: only `b` before `a` is as good as the identity. */
function isRotation(indexes: readonly number[]): boolean {
  const count = MEMBERS.length - START.length;
  const rotated = [...Array.from({ length: count - 1 }, (_, index) => index + 1), 0];
  return indexes.join() === rotated.join();
}

test('an archive that is changed between opening and reading is noticed', async (t) => {
  const path = join(await temporaryFolder(t), 'archive');
  await writeFile(path, ARCHIVE);
  const source = await openFileSource(path);
  const backup = await openBackup(source, { passphrases: [VICTIM.seal.passphrase] });
  t.teardown(() => backup.close());
  const writer = await open(path, 'r+');
  await writer.write(Buffer.alloc(50, 1), 0, 50, END_OF_A - 60);
  await writer.truncate(END_OF_B - 10);
  await writer.close();
  const outcome = await backup.verify();
  t.false(outcome.ok);
  t.deepEqual(statuses(outcome), { a: 'damaged', b: 'damaged' });
});
