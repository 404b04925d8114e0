// `make demo`: a backup lies in a backup qube; it is listed, verified and recovered out of it, through
// that qube's qubes.Restore service, and what came out is compared with what is known of the backup.
// The system is an embedded one (a folder), so this runs on any Linux and asks for no root.
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { AS_EXTRACTED, compareWithManifest } from './support/check-recovered.ts';
import { fixtureBackup } from './support/fixture-backup.ts';

const PROGRAM = 'dist/bin/qubes-restore';
const QUBE = 'backup-qube';
const ARCHIVE = 'backup.qubes-backup';

delete process.env['NODE_EXTRA_CA_CERTS'];
const folder = await mkdtemp(join(tmpdir(), 'qubes-rpc-demo-'));
try {
  process.exitCode = (await demo()) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function demo(): Promise<boolean> {
  const { path, manifest } = await fixtureBackup('v4-multichunk');
  const root = join(folder, 'system');
  const home = join(root, 'home', QUBE);
  await mkdir(home, { recursive: true });
  await copyFile(path, join(home, ARCHIVE));
  await symlink(resolve('dist/qubes-rpc'), join(root, 'qubes-rpc'));
  const secret = join(folder, 'passphrase');
  await writeFile(secret, `${manifest.passphrase}\n`);
  say(`An embedded system in ${root}.`);
  say(`Its ${QUBE} holds ${ARCHIVE}, written by Qubes OS, and has the service qubes.Restore.`);

  const source = ['--root', root, '--from', QUBE, ARCHIVE, '--passphrase-file', secret];
  const into = join(folder, 'recovered');
  await run('list', ...source);
  await run('verify', ...source);
  await run('extract', ...source, '--into', into);

  const { compared, differences } = await compareWithManifest(into, manifest, AS_EXTRACTED);
  differences.forEach((difference) => say(`DIFFERENT: ${difference}`));
  const right = compared - differences.length;
  say(`Compared with the backup's manifest: ${right} of ${compared} sizes and digests agree.`);
  return differences.length === 0;
}

async function run(...args: string[]): Promise<void> {
  say(`\n$ ${PROGRAM} ${args.join(' ')}`);
  await execa(PROGRAM, args, { stdio: 'inherit' });
}

function say(text: string): void {
  console.log(text);
}
