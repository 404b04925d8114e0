import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveMember, memberOf, writeMembers } from './archive-member.ts';
import { randomBytes, sha256, textBytes } from './content.ts';
import { packedTar } from './inner-stream.ts';
import { runProgram } from './run-program.ts';

export interface Format3Spec {
  readonly passphrase?: string;
  readonly encrypted?: boolean;
  readonly compressed?: boolean;
  /** Bytes of a chunk; 100 MiB unless told. */
  readonly chunkSize?: number;
  /** As the header names it, and `openssl`. */
  readonly digest?: string;
  readonly cipher?: string;
  /** Changes what comes out of `tar` and `gzip`, before it is encrypted. */
  readonly packed?: (file: string, stream: Uint8Array) => Uint8Array;
  /** Makes other things of the files before they are packed. */
  readonly stage?: (folder: string) => Promise<void>;
}

export interface Format3Backup {
  readonly path: string;
  readonly members: readonly ArchiveMember[];
  /** SHA-256 of `QUBE:PART`. */
  readonly digests: Readonly<Record<string, string>>;
  /** A member and its `.hmac`, as `openssl` makes it. */
  readonly sealed: (name: string, data: Uint8Array) => Promise<ArchiveMember[]>;
}

const QUBES_XML = `<QubesVmCollection default_template="3">
  <QubesAppVm qid="2" name="work" label="red" template_qid="3" uses_default_netvm="True"
    backup_content="True" backup_path="vm2" backup_size="100000"/>
  <QubesTemplateVm qid="3" name="tmpl" label="black" template_qid="none" uses_default_netvm="True"
    backup_content="True" backup_path="vm3" backup_size="100000"/>
</QubesVmCollection>
`;

/**
 * Makes a backup of format 3 out of what `tar`, `gzip` and `openssl` print, as Qubes 3 did: the qube
 * `work` with an image, a link and a folder, the template `tmpl` as a whole folder.
 */
export async function makeFormat3(folder: string, spec: Format3Spec = {}): Promise<Format3Backup> {
  const { passphrase = 'correct horse', encrypted = true, compressed = true } = spec;
  const { chunkSize = 100 * 1024 * 1024, digest = 'SHA512', cipher = 'aes-256-cbc' } = spec;
  const stage = join(folder, 'stage');
  const digests = await stageFiles(stage);
  await spec.stage?.(stage);

  const openssl = async (args: readonly string[], input: Uint8Array): Promise<Uint8Array> =>
    (await runProgram('openssl', args, { input, mustSucceed: true })).stdout;
  const sealed = async (name: string, data: Uint8Array): Promise<ArchiveMember[]> => {
    const mac = await openssl(['dgst', `-${digest.toLowerCase()}`, '-hmac', passphrase], data);
    return [memberOf({ name, data }), memberOf({ name: `${name}.hmac`, data: mac })];
  };

  const header = [
    ['version', '3'],
    ['hmac-algorithm', digest],
    ['crypto-algorithm', cipher],
    ['encrypted', encrypted ? 'True' : 'False'],
    ['compressed', compressed ? 'True' : 'False'],
    ['compression-filter', 'gzip'],
  ].map(([key, value]) => `${String(key)}=${String(value)}\n`);
  const members = await sealed('backup-header', Buffer.from(header.join('')));
  for (const file of ['qubes.xml', 'vm2/private.img', 'vm2/icon.png', 'vm2/kernels', 'vm3/.']) {
    const compression = compressed ? 'gzip' : 'none';
    const packed = await packedTar(stage, file, 'gnu', compression);
    const stream = spec.packed?.(file, packed) ?? packed;
    const enc = ['enc', '-e', `-${cipher}`, '-md', 'md5', '-pass', `pass:${passphrase}`];
    const data = encrypted ? await openssl(enc, stream) : stream;
    for (let at = 0, number = 0; at <= data.length; at += chunkSize, number++) {
      const name = `${file}.${String(number).padStart(3, '0')}`;
      members.push(...(await sealed(name, data.subarray(at, at + chunkSize))));
    }
  }
  const path = join(folder, 'format-3.qubes-backup');
  await writeMembers(path, members);
  return { path, members, digests, sealed };
}

async function stageFiles(stage: string): Promise<Record<string, string>> {
  await mkdir(join(stage, 'vm2', 'kernels'), { recursive: true });
  await mkdir(join(stage, 'vm3', 'apps'), { recursive: true });
  const images = {
    'vm2/private.img': Buffer.concat([randomBytes('private', 9000), new Uint8Array(500_000)]),
    'vm3/root.img': Buffer.concat([textBytes('root', 30_000), new Uint8Array(300_000)]),
    'vm3/private.img': new Uint8Array(200_000),
  };
  for (const [file, bytes] of Object.entries(images)) await writeFile(join(stage, file), bytes);
  await writeFile(join(stage, 'qubes.xml'), QUBES_XML);
  await writeFile(join(stage, 'vm2/kernels/vmlinuz'), 'kernel');
  await writeFile(join(stage, 'vm3/apps/xterm.desktop'), '[Desktop Entry]\n');
  await symlink('/usr/share/icons/red.png', join(stage, 'vm2/icon.png'));
  // The writer put `vm3/` before the target, too.
  await symlink('vm3//usr/share/icons/black.png', join(stage, 'vm3/icon.png'));
  return {
    'work:private': sha256(images['vm2/private.img']),
    'tmpl:root': sha256(images['vm3/root.img']),
    'tmpl:private': sha256(images['vm3/private.img']),
  };
}
