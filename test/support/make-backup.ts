import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BackupSpec, HomeFile, QubeSpec } from './backup-spec.ts';
import { sha256 } from './content.ts';
import { imageDigest, writeImage } from './image.ts';
import { packedTar } from './inner-stream.ts';
import type { HomeEntry, Manifest, ManifestQube } from './manifest.ts';
import { renderQubesXml } from './qubes-xml.ts';
import { runProgram } from './run-program.ts';
import { CHEAP_KDF } from './scrypt-container.ts';
import { sealFile, sealHeader, type NamedBytes, type Seal } from './sealed-file.ts';

const HOME = 'dom0-home/user';
const CHUNK_SIZE = 100 * 1024 * 1024;

/** A backup on disk, what must come out of it, and what it takes to seal more members for it. */
export interface MadeBackup {
  readonly path: string;
  readonly manifest: Manifest;
  readonly seal: Seal;
}

/**
 * Makes a backup of format 4, laid out as Qubes lays it out, with `tar` and the compressor that
 * Qubes uses: members joined from one run of `tar` each, qubes in the order of their names.
 * @param folder where the archive goes; several can be made in one folder at once
 */
export async function makeBackup(folder: string, spec: BackupSpec): Promise<MadeBackup> {
  const work = await mkdtemp(join(folder, 'backup-'));
  const stage = join(work, 'stage');
  const { passphrase = 'correct horse', backupId = '20261121T230018-1', kdf = CHEAP_KDF } = spec;
  const { compression = 'gzip', chunkSize = CHUNK_SIZE, sparse = 'gnu' } = spec;
  const seal: Seal = {
    passphrase,
    backupId,
    kdf: typeof kdf === 'function' ? kdf : () => kdf,
    ...(spec.sealWith === 'program' ? { programFolder: work } : {}),
  };

  const staged = await stageFiles(stage, spec);
  const header = renderHeader(spec, backupId);
  const members: NamedBytes[] = [
    { name: 'backup-header', data: header.bytes },
    await sealHeader(header.bytes, seal),
  ];
  for (const file of staged.files) {
    const holes = typeof sparse === 'function' ? sparse(file) : sparse;
    const stream = await packedTar(stage, file, holes, compression);
    members.push(...(await sealFile(file, stream, chunkSize, seal)));
  }

  const path = join(work, 'backup.qubes-backup');
  await writeOuterArchive(path, join(work, 'members'), members);
  await rm(stage, { recursive: true });
  return {
    path,
    seal,
    manifest: {
      format_version: 4,
      passphrase,
      header: header.lines,
      chunk_size: chunkSize,
      vms: staged.vms,
      dom0_home: staged.home,
      outer_members: members.map(({ name, data }) => [name, data.length]),
    },
  };
}

/** Writes each member by a `tar` of its own, as Qubes does: hence the padding after each. */
async function writeOuterArchive(path: string, folder: string, members: readonly NamedBytes[]) {
  for (const { name, data } of members) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), data);
    const args = ['-cO', '--posix', '-C', folder, name];
    const { stdout } = await runProgram('tar', args, { mustSucceed: true });
    await writeFile(path, stdout, { flag: 'a' });
  }
  await rm(folder, { recursive: true });
}

function renderHeader(spec: BackupSpec, backupId: string) {
  const { compression = 'gzip' } = spec;
  const wanted: Record<string, string | undefined> = {
    version: '4',
    encrypted: 'True',
    compressed: compression === 'none' ? 'False' : 'True',
    'compression-filter': compression === 'none' ? undefined : compression,
    'hmac-algorithm': 'scrypt',
    'backup-id': backupId,
    ...spec.header,
  };
  const lines: Record<string, string> = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (value !== undefined) lines[key] = value;
  }
  const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
  return { lines, bytes: Buffer.from(text.join('')) };
}

/** Lays out below `stage` what the inner archives are made from; `files` in archive order. */
async function stageFiles(stage: string, spec: BackupSpec) {
  const files: string[] = [];
  const vms: Record<string, ManifestQube> = {};
  const sizes = new Map<string, number>();
  const numbered = spec.qubes.map((qube, index) => ({ qube, path: `vm${index + 1}/` }));
  const included = numbered.filter(({ qube }) => qube.included !== false);
  for (const { qube, path } of included.sort((a, b) => (a.qube.name < b.qube.name ? -1 : 1))) {
    await mkdir(join(stage, path), { recursive: true });
    const { names, size } = await stageQube(join(stage, path), qube);
    files.push(...names.map((name) => path + name));
    sizes.set(qube.name, size);
    vms[qube.name] = manifestOf(qube, path);
  }
  const home = spec.home === undefined ? [] : await stageHome(join(stage, HOME), spec.home);
  if (spec.home !== undefined) files.push(HOME);

  const places = new Map(
    included.map(({ qube, path }) => [qube.name, { path, size: sizes.get(qube.name) ?? 0 }]),
  );
  if (spec.home !== undefined) places.set('dom0', { path: HOME, size: 4096 });
  const xml = spec.qubesXml ?? renderQubesXml(spec.qubes, (name) => places.get(name));
  await mkdir(stage, { recursive: true });
  await writeFile(join(stage, 'qubes.xml'), xml);
  return { files: ['qubes.xml', ...files], vms, home };
}

/** The files of one qube, in the order in which Qubes puts them into a backup. */
async function stageQube(folder: string, qube: QubeSpec) {
  const names: string[] = [];
  let size = 0;
  for (const volume of ['root', 'private'] as const) {
    const image = qube.volumes?.[volume];
    if (image === undefined) continue;
    await writeImage(join(folder, `${volume}.img`), image);
    names.push(`${volume}.img`);
    size += image.extents.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
  const texts = [
    ['whitelisted-appmenus.list', qube.menu?.map((entry) => `${entry}\n`).join('')],
    ['firewall.xml', qube.firewall],
    ['notes.txt', qube.notes],
  ] as const;
  for (const [name, text] of texts) {
    if (text === undefined) continue;
    await writeFile(join(folder, name), text);
    names.push(name);
    size += text.length;
  }
  if (names.length === 0) {
    await writeFile(join(folder, 'empty'), '');
    names.push('empty');
  }
  return { names, size };
}

async function stageHome(folder: string, files: readonly HomeFile[]): Promise<HomeEntry[]> {
  await mkdir(folder, { recursive: true });
  const entries: HomeEntry[] = [];
  for (const { path, content, target } of files) {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true });
    const named = { path: `${HOME}/${path}` };
    if (target !== undefined) {
      await symlink(target, place);
      entries.push({ ...named, type: 'symlink', target });
    } else if (content !== undefined) {
      await writeFile(place, content);
      const size = Buffer.byteLength(content);
      entries.push({ ...named, type: 'file', size, sha256: sha256(content) });
    } else {
      await mkdir(place);
      entries.push({ ...named, type: 'dir' });
    }
  }
  return entries;
}

function manifestOf(qube: QubeSpec, path: string): ManifestQube {
  const volumes = Object.entries(qube.volumes ?? {}).map(([name, image]) => {
    const digest = imageDigest(image);
    const facts = { size: image.size, ...(digest === undefined ? {} : { sha256: digest }) };
    return [name, facts] as const;
  });
  return {
    klass: qube.class ?? 'AppVM',
    label: qube.label ?? 'red',
    template: qube.template ?? null,
    backup_path: path,
    volumes: Object.fromEntries(volumes),
    ...(qube.menu === undefined ? {} : { appmenus: [...qube.menu] }),
    ...(qube.notes === undefined ? {} : { notes: qube.notes }),
    ...(qube.firewall === undefined
      ? {}
      : { firewall: { sha256_of_firewall_xml: sha256(qube.firewall) } }),
  };
}
