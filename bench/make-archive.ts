import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import * as z from 'zod';
import { mixedBlocks } from '../test/support/content.ts';
import { fileDigest } from '../test/support/image.ts';
import type { Descriptor } from '../test/support/kernel-pipe.ts';
import { renderQubesXml } from '../test/support/qubes-xml.ts';

export interface BenchSize {
  /** Bytes of each of the two volumes. */
  readonly volume: number;
  /** Bytes of compressed data in a chunk. */
  readonly chunk: number;
}

const factsSchema = z.object({
  /** SHA-256 of each volume by its name in the archive. */
  digests: z.record(z.string(), z.string()),
  /** Bytes of all compressed streams, and of what they expand to. */
  packed: z.number(),
  expanded: z.number(),
});

/** The compressed streams all archives of one size are made from. */
export type Streams = z.infer<typeof factsSchema> & { readonly files: readonly string[] };

export const BENCH_PASSPHRASE = 'correct horse battery staple';
const BACKUP_ID = '20261121T230018-1';
const VOLUMES = ['vm1/root.img', 'vm1/private.img'] as const;
/** With this share of random blocks gzip takes a volume to about 82 %, as it does real ones. */
const RANDOM_SHARE = 0.75;

/** Two volumes as `tar` and `gzip` pack them; made once and kept in `folder`. */
export async function makeStreams(folder: string, size: BenchSize): Promise<Streams> {
  const done = join(folder, `streams-${size.volume}`);
  const files = ['qubes.xml', ...VOLUMES];
  const paths = files.map((file) => join(done, `${file.replace('/', '-')}.tar.gz`));
  const facts = await readFile(join(done, 'facts.json'), 'utf8').catch(() => undefined);
  if (facts !== undefined) return { ...factsSchema.parse(JSON.parse(facts)), files: paths };

  const work = `${done}.part`;
  const stage = join(work, 'stage');
  await rm(work, { recursive: true, force: true });
  await mkdir(join(stage, 'vm1'), { recursive: true });
  const qube = { name: 'bench', class: 'StandaloneVM' as const };
  const place = { path: 'vm1/', size: 2 * size.volume };
  const xml = renderQubesXml([qube], (name) => (name === qube.name ? place : undefined));
  await writeFile(join(stage, 'qubes.xml'), xml);
  const digests: Record<string, string> = {};
  for (const volume of VOLUMES) {
    await writeVolume(join(stage, volume), volume, size.volume);
    digests[volume] = await fileDigest(join(stage, volume));
  }
  let packed = 0;
  await Promise.all(
    files.map(async (file) => {
      const path = join(work, `${file.replace('/', '-')}.tar.gz`);
      await intoFile(path, 'w', (stdout) =>
        execa('tar', ['-Pc', '--sparse', '--use-compress-program=gzip', '-C', stage, file], {
          stdout,
        }),
      );
      packed += (await stat(path)).size;
    }),
  );
  await rm(stage, { recursive: true });
  const made = { digests, packed, expanded: VOLUMES.length * size.volume };
  await writeFile(join(work, 'facts.json'), JSON.stringify(made));
  await rename(work, done);
  return { ...made, files: paths };
}

/**
 * An archive of the streams, sealed by the `scrypt` program at cost 2^logN; made once and kept.
 * @returns its path
 */
export async function makeArchive(
  folder: string,
  size: BenchSize,
  streams: Streams,
  logN: number,
): Promise<string> {
  const done = join(folder, `backup-${size.volume}-${size.chunk}-logN${logN}.qubes-backup`);
  if (existsSync(done)) return done;
  const work = `${done}.work`;
  await rm(work, { recursive: true, force: true });
  const members = join(work, 'members');
  await mkdir(join(members, 'vm1'), { recursive: true });
  const lines = ['version=4', 'encrypted=True', 'compressed=True', 'compression-filter=gzip'];
  lines.push('hmac-algorithm=scrypt', `backup-id=${BACKUP_ID}`, '');
  await writeFile(join(members, 'backup-header'), lines.join('\n'));

  const encrypt = async (from: string, to: string, secret: string) => {
    const secretFile = join(work, 'secret');
    await writeFile(secretFile, secret);
    const cost = ['--logN', `${logN}`, '-r', '8', '-p', '1'];
    const target = join(members, to);
    await execa('scrypt', [
      'enc',
      '-f',
      ...cost,
      '--passphrase',
      `file:${secretFile}`,
      from,
      target,
    ]);
  };
  const header = join(members, 'backup-header');
  await encrypt(header, 'backup-header.hmac', `backup-header!${BENCH_PASSPHRASE}`);
  const names = ['backup-header', 'backup-header.hmac'];
  for (const [index, file] of ['qubes.xml', ...VOLUMES].entries()) {
    const chunks = join(work, 'chunks');
    await mkdir(chunks);
    await execa('split', [
      '-d',
      '-a3',
      `-b${size.chunk}`,
      streams.files[index] ?? '',
      `${chunks}/`,
    ]);
    for (const number of (await readdir(chunks)).sort()) {
      const name = `${file}.${number}`;
      await encrypt(
        join(chunks, number),
        `${name}.enc`,
        `${BACKUP_ID}!${name}!${BENCH_PASSPHRASE}`,
      );
      names.push(`${name}.enc`);
    }
    await rm(chunks, { recursive: true });
  }
  await intoFile(join(work, 'archive'), 'a', async (stdout) => {
    for (const name of names) {
      await execa('tar', ['-cO', '--posix', '-C', members, name], { stdout });
    }
  });
  await rename(join(work, 'archive'), done);
  await rm(work, { recursive: true });
  return done;
}

async function writeVolume(path: string, seed: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  let left = size;
  for (const block of mixedBlocks(seed, RANDOM_SHARE)) {
    const { bytesWritten } = await file.write(block.subarray(0, Math.min(left, block.length)));
    left -= bytesWritten;
    if (left === 0) break;
  }
  await file.close();
}

async function intoFile(
  path: string,
  flags: string,
  work: (descriptor: Descriptor) => PromiseLike<unknown>,
): Promise<void> {
  const descriptor = openSync(path, flags) as Descriptor;
  try {
    await work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
