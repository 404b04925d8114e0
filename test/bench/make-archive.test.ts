import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { BENCH_PASSPHRASE, makeArchive, makeStreams } from '../../bench/make-archive.ts';
import { emergencyPipeline } from '../support/emergency-pipeline.ts';
import { fileDigest } from '../support/image.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MiB = 1024 * 1024;

test('the archive of the bench compresses like a real one and is recovered intact', async (t) => {
  const folder = await temporaryFolder(t);
  const size = { volume: 8 * MiB, chunk: 4 * MiB };
  const streams = await makeStreams(folder, size);
  const ratio = streams.packed / streams.expanded;
  t.true(ratio > 0.79 && ratio < 0.85, `compressed to ${ratio}`);

  const archive = await makeArchive(folder, size, streams, 10);
  const { text } = await runProgram('tar', ['-tif', archive], { mustSucceed: true });
  t.deepEqual(text.trim().split('\n'), [
    'backup-header',
    'backup-header.hmac',
    'qubes.xml.000.enc',
    'vm1/root.img.000.enc',
    'vm1/root.img.001.enc',
    'vm1/private.img.000.enc',
    'vm1/private.img.001.enc',
  ]);
  const work = join(folder, 'work');
  await mkdir(work);
  const out = await emergencyPipeline({ archive, passphrase: BENCH_PASSPHRASE, folder: work });
  for (const [volume, digest] of Object.entries(streams.digests)) {
    t.is(await fileDigest(join(out, volume)), digest);
  }
});

test('streams and archives are made once and kept', async (t) => {
  const folder = await temporaryFolder(t);
  const size = { volume: MiB, chunk: 4 * MiB };
  const make = async () => {
    const streams = await makeStreams(folder, size);
    const archive = await makeArchive(folder, size, streams, 10);
    return { streams, archive, madeAt: (await stat(archive)).mtimeMs };
  };
  t.deepEqual(await make(), await make());
});
