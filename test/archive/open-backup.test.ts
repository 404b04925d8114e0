import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import type { Outcome } from '../../lib/archive/api.ts';
import { MAX_CHUNKS_AHEAD, MAX_PARTS_OF_QUBE } from '../../lib/archive/limits.ts';
import { openBackup } from '../../lib/archive/open-backup.ts';
import { openFileSource, streamSource } from '../../lib/archive/outer/source.ts';
import { KiB, MiB } from '../../lib/base/size.ts';
import { hostileMember, joined, memberOf } from '../support/archive-member.ts';
import { inBlocks } from '../support/bytes.ts';
import { randomBytes, sha256, textBytes } from '../support/content.ts';
import { makeBackup } from '../support/make-backup.ts';
import { changed } from '../support/mutate-backup.ts';
import { sealFile } from '../support/sealed-file.ts';
import { tarArchive } from '../support/tar-member.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeVictim } from '../support/victim.ts';

const TINY_COST = { logN: 2, r: 1, p: 1 };
const TiB = 1024 ** 4;

/** `QUBE:PART` of an outcome. */
function part(outcome: Outcome, name: string) {
  const [qube, wanted] = name.split(':');
  return outcome.qubes
    .find((candidate) => candidate.name === qube)
    ?.parts.find((candidate) => candidate.part === wanted);
}

test('a file of more chunks than three digits count is whole, from a file and a stream', async (t) => {
  const victim = await makeVictim();
  const content = randomBytes('many', 70 * KiB);
  const stream = gzipSync(tarArchive({ name: 'vm3/private.img', data: content }));
  const by = { ...victim.seal, kdf: () => TINY_COST };
  const chunks = (await sealFile('vm3/private.img', stream, 64, by)).map(memberOf);
  t.true(chunks.length > Math.max(1000, MAX_CHUNKS_AHEAD));
  const archive = joined(changed(victim.members, 'vm3/private.img.000.enc', () => chunks));
  const path = join(await temporaryFolder(t), 'archive');
  await writeFile(path, archive);
  for (const source of [
    await openFileSource(path),
    streamSource(inBlocks(archive, 10_000), 'a stream'),
  ]) {
    const backup = await openBackup(source, { passphrases: [victim.seal.passphrase] });
    const outcome = await backup.verify();
    await backup.close();
    const expected = { status: 'ok', chunks: chunks.length, sha256: sha256(content) } as const;
    t.like(part(outcome, 'gamma:private'), expected);
    t.true(outcome.ok);
  }
});

test('a qube of very many files costs no memory: those beyond a bound are strangers', async (t) => {
  const { members, manifest } = await makeVictim();
  const many = Array.from({ length: MAX_PARTS_OF_QUBE + 3 }, (_, index) =>
    hostileMember({ name: `vm1/x${index}.img.000.enc`, data: Buffer.from('x') }),
  );
  const archive = joined(changed(members, 'vm2/private.img.000.enc', (at) => [...many, at]));
  const strangers: string[] = [];
  const backup = await openBackup(streamSource(inBlocks(archive, 4096), 'a stream'), {
    passphrases: [manifest.passphrase],
    onEvent: (event) => {
      if (event.type === 'error' && event.stage === 'name') strangers.push(event.message);
    },
  });
  const outcome = await backup.verify();
  await backup.close();
  t.is(outcome.failure, 'damaged');
  // The three real files of the qube come first and count.
  t.is(strangers.length, 6);
  t.regex(strangers[0] ?? '', /no qube has more than 64 files/);
  for (const name of ['alpha:private', 'beta:private', 'gamma:private']) {
    t.is(part(outcome, name)?.status, 'ok', name);
  }
});

for (const sparse of ['gnu', 'pax-1.0'] as const) {
  test(`2 TiB with 1 MiB of data: 1 MiB on disk, and a digest of the data (${sparse})`, async (t) => {
    const folder = await temporaryFolder(t);
    const extents = [
      { offset: 0, bytes: textBytes('start', MiB / 2) },
      { offset: 2 * TiB - MiB / 2, bytes: randomBytes('end', MiB / 2) },
    ];
    const { path, manifest } = await makeBackup(folder, {
      qubes: [{ name: 'huge', volumes: { private: { size: 2 * TiB, extents } } }],
      kdf: TINY_COST,
      sparse,
    });
    const backup = await openBackup(await openFileSource(path), {
      passphrases: [manifest.passphrase],
    });
    const into = join(folder, 'into');
    const outcome = await backup.extract(into);
    const again = await backup.extract(into);
    await backup.close();
    const found = part(outcome, 'huge:private');
    t.like(found, { status: 'ok', bytes: 2 * TiB, dataBytes: MiB, sha256: undefined });
    t.regex(found?.dataSha256 ?? '', /^[0-9a-f]{64}$/);
    const { size, blocks } = await stat(join(into, 'huge', 'private.img'));
    t.is(size, 2 * TiB);
    t.true(blocks * 512 < 2 * MiB);
    t.true(part(again, 'huge:private')?.resumed, 'found finished without hashing the holes');
  });
}
