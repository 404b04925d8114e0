// `make demo`: an embedded system (a folder) with a backup qube that holds a backup written by Qubes OS.
// dom0 restores it through that qube's qubes.Restore; then a management qube does, which may do what the
// shipped policy says; then a qube without rights tries it. What was restored is compared with what is
// known of the backup. Runs on any Linux and asks for no root.
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { execa } from 'execa';
import { rpcLine } from '../lib/base/rpc-report.ts';
import { encodeCommand } from '../lib/qrexec/command-argument.ts';
import { compareWithManifest, type Layout } from './support/check-recovered.ts';
import { fixtureBackup } from './support/fixture-backup.ts';
import type { Manifest } from './support/manifest.ts';

const BIN = resolve('dist/bin');
const STORAGE = 'backup-qube';
const MANAGEMENT = 'mgmt';
const STRANGER = 'stranger';
const ARCHIVE = 'backup.qubes-backup';

delete process.env['NODE_EXTRA_CA_CERTS'];
const folder = await mkdtemp(join(tmpdir(), 'qubes-rpc-demo-'));
const root = join(folder, 'system');
// dom0's home is restored into the home of whoever restores.
const dom0Home = join(folder, 'dom0');
const env = {
  QUBES_RPC_ROOT: root,
  HOME: dom0Home,
  PATH: `${BIN}:${process.env['PATH'] ?? ''}`,
};
try {
  process.exitCode = (await demo()) ? 0 : 1;
} finally {
  await execa('qubes-rpc', ['host', 'stop'], { env, reject: false });
  await rm(folder, { recursive: true, force: true });
}

async function demo(): Promise<boolean> {
  const { path, manifest } = await fixtureBackup('v4-multichunk');
  await mkdir(dom0Home);
  await writeFile(join(dom0Home, 'passphrase'), `${manifest.passphrase}\n`);

  title('A system, and in it a backup qube with a backup that Qubes OS wrote');
  await run('qubes-rpc', 'init');
  for (const name of [STORAGE, MANAGEMENT, STRANGER]) {
    await run('qubes-rpc', 'create', name, '--class', 'StandaloneVM', '--label', 'gray');
    await mkdir(join(root, 'home', name), { recursive: true });
  }
  await copyFile(path, join(root, 'home', STORAGE, ARCHIVE));

  title('dom0 restores it: the archive streams out of the backup qube through qubes.Restore');
  const source = ['--from', STORAGE, ARCHIVE, '-p', join(dom0Home, 'passphrase')];
  await run('qubes-restore', 'run', ...source, '--yes');
  const byDom0 = await compared(manifest, (name) => name, await restoredHome());

  title('A management qube restores it once more, with what the shipped policy allows it');
  await run('qubes-rpc', 'tags', MANAGEMENT, 'add', 'backup-manager');
  await run('qubes-rpc', 'features', MANAGEMENT, 'tag-created-vm-with', 'backup-managed');
  await run('qubes-rpc', 'tags', STORAGE, 'add', 'backup-storage');
  await copyFile(join(dom0Home, 'passphrase'), join(root, 'home', MANAGEMENT, 'passphrase'));
  const command = ['qubes-restore', 'run', '--qrexec', '--from', STORAGE, ARCHIVE];
  const inQube = [
    ...command,
    '-p',
    'passphrase',
    '--yes',
    '--rename-conflicting',
    '--skip-devices',
  ];
  say(`[${MANAGEMENT}]$ ${inQube.join(' ')}`);
  if ((await inside(MANAGEMENT, inQube)) !== 0) return false;
  const byQube = await compared(manifest, (name) => `${name}-1`);

  title('A qube without rights tries the same');
  await copyFile(join(dom0Home, 'passphrase'), join(root, 'home', STRANGER, 'passphrase'));
  say(`[${STRANGER}]$ ${inQube.join(' ')}`);
  const refused = (await inside(STRANGER, inQube)) !== 0;
  await run('qubes-rpc', 'policy', 'explain', 'qubes.Restore', STRANGER, STORAGE);

  title('What is there now');
  await run('qubes-rpc', 'ls');
  say(`\ndom0: ${byDom0.text}\n${MANAGEMENT}: ${byQube.text}\n${STRANGER}: was refused`);
  return byDom0.same && byQube.same && refused;
}

/** Runs a command in a qube. @returns its exit status */
async function inside(qube: string, command: readonly string[]): Promise<number> {
  const service = `qubes.VMExec+${encodeCommand(command)}`;
  const options = { env, stdio: 'inherit', reject: false } as const;
  return (await execa('qubes-rpc', ['run', qube, service], options)).exitCode ?? 1;
}

/** Compares the volumes and documents of restored qubes with what is known of the backup. */
async function compared(
  manifest: Manifest,
  newName: (name: string) => string,
  home?: string,
): Promise<{ readonly same: boolean; readonly text: string }> {
  const files = await mkdtemp(join(folder, 'read-'));
  for (const [name, { volumes, notes }] of Object.entries(manifest.vms)) {
    await mkdir(join(files, name));
    for (const volume of Object.keys(volumes)) {
      const file = join(files, name, `${volume}.img`);
      await execa('qubes-rpc', ['volume', 'export', `${newName(name)}:${volume}`, file], { env });
    }
    if (notes === undefined) continue;
    const { stdout } = await execa('qubes-rpc', ['notes', newName(name), '--json'], { env });
    const line = rpcLine.parse(JSON.parse(stdout));
    const text = line.type === 'notes' ? line.text : '';
    await writeFile(join(files, name, 'notes.txt'), text);
  }
  const layout: Layout = {
    fileOf: (qube, _path, file) => join(basename(files), qube, file),
    home: (path) => join('dom0', home ?? '', path.replace(/^dom0-home\/[^/]+\//, '')),
  };
  // Rules are kept in another form than they had in the backup: `make test` compares those.
  const vms = Object.fromEntries(
    Object.entries(manifest.vms).map(([name, qube]) => [name, { ...qube, firewall: {} }]),
  );
  const expected = { ...manifest, vms, dom0_home: home === undefined ? [] : manifest.dom0_home };
  const result = await compareWithManifest(folder, expected, layout);
  result.differences.forEach((difference) => say(`DIFFERENT: ${difference}`));
  const right = result.compared - result.differences.length;
  const text = `${right} of ${result.compared} sizes and digests are those of the backup`;
  return { same: result.differences.length === 0, text };
}

/** Name of the folder into which dom0's home was restored. */
async function restoredHome(): Promise<string> {
  return (await readdir(dom0Home)).find((name) => name.startsWith('home-restore-')) ?? 'missing';
}

async function run(program: string, ...args: string[]): Promise<void> {
  say(`$ ${program} ${args.join(' ')}`);
  await execa(program, args, { env, stdio: 'inherit', reject: program === 'qubes-restore' });
}

function title(text: string): void {
  say(`\n== ${text}`);
}

function say(text: string): void {
  console.log(text);
}
