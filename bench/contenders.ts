import { writeFile } from 'node:fs/promises';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { GiB } from '../lib/base/size.ts';
import { emergencyPipeline } from '../test/support/emergency-pipeline.ts';
import { fileDigest } from '../test/support/image.ts';
import type { Descriptor } from '../test/support/kernel-pipe.ts';
import { BENCH_PASSPHRASE, type Streams } from './make-archive.ts';

/** One way of doing the work. What it recovered is checked afterwards, outside the measurement. */
export interface Contender {
  readonly name: string;
  /** Puts what `run` needs into the folder, outside the measurement. */
  prepare?(folder: string): Promise<void>;
  /** @param folder empty, on a disk */
  run(folder: string): Promise<void>;
  /** @throws Error when the result is not what the archive was made from */
  check(folder: string): Promise<void>;
}

const PROGRAM = 'dist/bin/qubes-restore';
const RPC_PROGRAM = 'dist/bin/qubes-rpc';

/** The budget that is given to ours: two derivations at the default cost, and some chunks. */
export const BENCH_MEMORY = 3 * GiB;

/** `tar`, `scrypt dec`, `gzip -d`, `tar -x`, one chunk after another. */
export function emergency(archive: string, streams: Streams): Contender {
  return {
    name: 'emergency pipeline',
    run: async (folder) => {
      await emergencyPipeline({ archive, passphrase: BENCH_PASSPHRASE, folder });
    },
    check: async (folder) => {
      for (const [volume, digest] of Object.entries(streams.digests)) {
        await sameDigest(join(folder, 'out', volume), digest);
      }
    },
  };
}

export function ours(command: 'verify' | 'extract', archive: string, streams: Streams): Contender {
  let report = '';
  return {
    name: `qubes-restore ${command}`,
    prepare: (folder) => writeFile(join(folder, 'passphrase'), `${BENCH_PASSPHRASE}\n`),
    run: async (folder) => {
      const args = [command, archive, '--passphrase-file', join(folder, 'passphrase'), '--json'];
      args.push('--memory', `${BENCH_MEMORY}`);
      if (command === 'extract') args.push('--into', join(folder, 'into'));
      report = (await execa(PROGRAM, args)).stdout;
    },
    check: async (folder) => {
      for (const [volume, digest] of Object.entries(streams.digests)) {
        if (!report.includes(digest)) throw new Error(`The report lacks the digest of ${volume}`);
        const image = join(folder, 'into', 'bench', volume.replace('vm1/', ''));
        if (command === 'extract') await sameDigest(image, digest);
      }
    },
  };
}

/** A restore into an embedded system, whose host is started by it. */
export function restoring(archive: string, streams: Streams): Contender {
  let report = '';
  const system = (folder: string) => ({ env: { QUBES_RPC_ROOT: join(folder, 'system') } });
  return {
    name: 'qubes-restore run',
    prepare: async (folder) => {
      await writeFile(join(folder, 'passphrase'), `${BENCH_PASSPHRASE}\n`);
      await execa(RPC_PROGRAM, ['init'], system(folder));
      await execa(RPC_PROGRAM, ['host', 'stop'], system(folder));
    },
    run: async (folder) => {
      const args = ['run', archive, '--passphrase-file', join(folder, 'passphrase'), '--json'];
      args.push('--memory', `${BENCH_MEMORY}`);
      report = (await execa(PROGRAM, args, system(folder))).stdout;
    },
    check: async (folder) => {
      await execa(RPC_PROGRAM, ['host', 'stop'], system(folder));
      for (const [volume, digest] of Object.entries(streams.digests)) {
        if (!report.includes(digest)) throw new Error(`The report lacks the digest of ${volume}`);
        const image = join(folder, 'system', 'appvms', 'bench', volume.replace('vm1/', ''));
        await sameDigest(image, digest);
      }
    },
  };
}

/** What inflating alone takes, and nothing else: one stream after another, nothing written. */
export function gunzip(streams: Streams): Contender {
  return {
    name: 'gzip -d of the same bytes',
    run: async () => {
      for (const file of streams.files) {
        const stdin = openSync(file, 'r') as Descriptor;
        await execa('gzip', ['-dc'], { stdin, stdout: 'ignore' });
        closeSync(stdin);
      }
    },
    check: async () => {},
  };
}

async function sameDigest(path: string, digest: string): Promise<void> {
  if ((await fileDigest(path)) !== digest) throw new Error(`${path} has another content`);
}
