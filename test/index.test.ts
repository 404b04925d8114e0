import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { CancelledError, openBackup, openFileSource, reportEvent } from '../lib/index.ts';
import type { ReportEvent } from '../lib/index.ts';
import { fixtureBackup } from './support/fixture-backup.ts';
import { fileDigest } from './support/image.ts';
import { runProgram } from './support/run-program.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

test('the example recovers a qube with the digests of the manifest', async (t) => {
  const { path, manifest } = await fixtureBackup('v4-gzip');
  const folder = await temporaryFolder(t);
  const secret = join(folder, 'passphrase');
  await writeFile(secret, `${manifest.passphrase}\n`);
  const into = join(folder, 'into');
  const example = ['--import', './register.mjs', 'docs/examples/recover.ts'];
  const ran = await runProgram(process.execPath, [...example, path, secret, 'work', into]);
  t.is(ran.exitCode, 0, ran.stderr);
  const sha256 = manifest.vms['work']?.volumes['private']?.sha256 ?? 'unknown';
  t.is(await fileDigest(join(into, 'work', 'private.img')), sha256);
  t.true(ran.text.includes(`private: ok 20971520 bytes ${sha256}`));
});

test('a cancelled run throws one named error, and what was not finished is not there', async (t) => {
  const { path, manifest } = await fixtureBackup('v4-multichunk');
  const folder = await temporaryFolder(t);
  const stop = new AbortController();
  const backup = await openBackup(await openFileSource(path), {
    passphrases: [manifest.passphrase],
    signal: stop.signal,
    onEvent: ({ type }) => {
      if (type === 'progress') stop.abort(new CancelledError('Enough'));
    },
  });
  await t.throwsAsync(backup.extract(folder), { instanceOf: CancelledError, message: 'Enough' });
  await backup.close();
  const report = reportEvent.parse(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')));
  t.is(report.type, 'summary');
  t.false(report.type === 'summary' && report.ok);
});

test('an abort without a reason of ours gives the same named error, whenever it comes', async (t) => {
  const { path, manifest } = await fixtureBackup('v4-gzip');
  const passphrases = [manifest.passphrase];
  const before = AbortSignal.abort();
  await t.throwsAsync(openBackup(await openFileSource(path), { passphrases, signal: before }), {
    instanceOf: CancelledError,
  });
  for (const work of ['verify', 'extract', 'cat'] as const) {
    const stop = new AbortController();
    const { signal } = stop;
    const backup = await openBackup(await openFileSource(path), { passphrases, signal });
    const running =
      work === 'cat'
        ? backup.cat('work', 'private').next()
        : work === 'extract'
          ? backup.extract(await temporaryFolder(t))
          : backup.verify();
    stop.abort();
    await t.throwsAsync(running, { instanceOf: CancelledError }, work);
    await backup.close();
  }
});

test('every event fits the schema, and a file can be gone through again', async (t) => {
  const { path, manifest } = await fixtureBackup('v4-zstd');
  const seen: ReportEvent[] = [];
  const backup = await openBackup(await openFileSource(path), {
    passphrases: ['wrong', manifest.passphrase],
    onEvent: (event) => void seen.push(event),
  });
  const outcome = await backup.verify();
  t.true(outcome.ok);
  t.true((await backup.verify({ include: ['vault'] })).ok);
  await backup.close();
  t.true(seen.length > 0);
  for (const event of seen) t.deepEqual(reportEvent.parse(event), event);
});
