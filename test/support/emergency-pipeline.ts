import { closeSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { makePipes, openPipe, type KernelPipe } from './kernel-pipe.ts';

const CHUNK_NAME = /^(.+)\.(\d{3,})\.enc$/;

export interface EmergencyOptions {
  readonly archive: string;
  readonly passphrase: string;
  /** An existing, empty folder. The members go to `members/` in it, what is recovered to `out/`. */
  readonly folder: string;
}

/**
 * Recovers a backup of format 4 as the Qubes documentation tells people to do by hand: `tar` takes
 * the archive apart; then, for each file, `scrypt dec` of one chunk after another, all joined into
 * the decompressor and `tar`. Data flows between these programs only, never through this process.
 * @returns the folder with what was recovered
 * @throws Error when one of the programs fails
 */
export async function emergencyPipeline(options: EmergencyOptions): Promise<string> {
  const { archive, passphrase, folder } = options;
  const members = join(folder, 'members');
  const out = join(folder, 'out');
  await mkdir(members);
  await mkdir(out);
  await execa('tar', ['-ixf', archive, '-C', members]);
  const secret = join(folder, 'passphrase');
  const decrypt = async (
    member: string,
    text: string,
    stdout: 'pipe' | KernelPipe['write'] = 'pipe',
  ) => {
    await writeFile(secret, text);
    const args = ['dec', '-f', '--passphrase', `file:${secret}`, join(members, member)];
    return execa('scrypt', args, { stdout });
  };

  const genuine = await decrypt('backup-header.hmac', `backup-header!${passphrase}`);
  const header = await readFile(join(members, 'backup-header'), 'utf8');
  if (header.trimEnd() !== genuine.stdout) throw new Error('backup-header is not genuine');
  const backupId = /^backup-id=(.*)$/m.exec(header)?.[1] ?? '';
  const filter = /^compressed=True$/m.test(header)
    ? (/^compression-filter=(.*)$/m.exec(header)?.[1] ?? 'gzip')
    : 'cat';

  const pipes = { packed: join(folder, 'packed'), plain: join(folder, 'plain') };
  await makePipes(pipes.packed, pipes.plain);
  for (const chunks of await chunksOfFiles(members)) {
    const packed = openPipe(pipes.packed);
    const plain = openPipe(pipes.plain);
    const unpack = execa(filter, filter === 'cat' ? [] : ['-dc'], {
      stdin: packed.read,
      stdout: plain.write,
    });
    const untar = execa('tar', ['-xf', '-', '-C', out], { stdin: plain.read });
    [packed.read, plain.write, plain.read].forEach(closeSync);
    for (const chunk of chunks) {
      const name = chunk.replace(/\.enc$/, '');
      await decrypt(chunk, `${backupId}!${name}!${passphrase}`, packed.write);
    }
    closeSync(packed.write);
    await Promise.all([unpack, untar]);
  }
  return out;
}

/** The chunks of each file, in the order of their numbers. */
async function chunksOfFiles(folder: string): Promise<string[][]> {
  const files = new Map<string, { path: string; number: number }[]>();
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const [, file, number] = CHUNK_NAME.exec(path) ?? [];
    if (file === undefined) continue;
    const chunks = files.get(file) ?? [];
    chunks.push({ path, number: Number(number) });
    files.set(file, chunks);
  }
  return [...files.values()].map((chunks) =>
    chunks.sort((a, b) => a.number - b.number).map(({ path }) => path),
  );
}
