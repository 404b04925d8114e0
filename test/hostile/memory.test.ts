import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { workingMemory } from '../../lib/archive/limits.ts';
import { MiB } from '../../lib/base/size.ts';
import { joined } from '../support/archive-member.ts';
import { hostileFolder, restore } from '../support/attack.ts';
import { randomBytes } from '../support/content.ts';
import { changed, flipped } from '../support/mutate-backup.ts';
import { makeVictim } from '../support/victim.ts';

/** Four chunks of 2 MiB in each of two files. */
const VICTIM = await makeVictim({
  chunkSize: 2 * MiB,
  qubes: ['one', 'two'].map((name) => ({
    name,
    volumes: {
      private: { size: 8 * MiB, extents: [{ offset: 0, bytes: randomBytes(name, 7 * MiB) }] },
    },
  })),
});
const LIMIT = (megabytes: number): string[] => [
  '--memory',
  `${workingMemory(2) / MiB + megabytes}M`,
  '--jobs',
  '2',
];
const VERIFY = ['verify', 'archive', '--passphrase-file', 'pass'];
const ONE_1 = 'vm1/private.img.001.enc';
const TWO_1 = 'vm2/private.img.001.enc';

/** Room for keys is 2 MiB; then for one chunk, almost two, and three. */
for (const room of [3, 5, 6, 9]) {
  test(`a file is read to its end whatever few of its chunks fit in ${room} MiB`, async (t) => {
    const folder = await hostileFolder(t, VICTIM.members);
    const { exitCode, parts } = await restore([...VERIFY, ...LIMIT(room)], { cwd: folder });
    t.is(exitCode, 0);
    t.deepEqual(parts, { 'one:private': 'ok', 'two:private': 'ok' });
  });

  test(`two damaged files in ${room} MiB do not wait for each other's memory`, async (t) => {
    const once = changed(VICTIM.members, ONE_1, (member) => [flipped(member, 'body')]);
    const twice = changed(once, TWO_1, (member) => [flipped(member, 'body')]);
    const folder = await hostileFolder(t, twice);
    const { exitCode, parts } = await restore([...VERIFY, ...LIMIT(room)], { cwd: folder });
    t.is(exitCode, 5);
    t.deepEqual(parts, { 'one:private': 'damaged', 'two:private': 'damaged' });
  });
}

test('chunks of a stream that do not fit in memory need --scratch, which is named', async (t) => {
  const folder = await hostileFolder(t, VICTIM.members);
  const input = Buffer.from(joined(VICTIM.members));
  const command = ['verify', '-', '--passphrase-file', 'pass', ...LIMIT(3)];
  const without = await restore(command, { cwd: folder, input });
  t.is(without.exitCode, 6);
  t.like(without.errors[0], { code: 'needs' });
  t.regex(without.errors[0]?.message ?? '', /Cannot hold a chunk of 2\.0 MiB from a stream/);
  t.regex(without.errors[0]?.hint ?? '', /--scratch/);
  await mkdir(join(folder, 'scratch'));
  const withScratch = await restore([...command, '--scratch', 'scratch'], { cwd: folder, input });
  t.is(withScratch.exitCode, 0);
  t.deepEqual(withScratch.parts, { 'one:private': 'ok', 'two:private': 'ok' });
});
