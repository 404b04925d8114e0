import { lstat, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../lib/base/errors.ts';
import { fileDigest } from './image.ts';
import type { Manifest } from './manifest.ts';

/** Where in a folder the files of a backup are found. */
export interface Layout {
  /** A file (`private.img`, `notes.txt`) of a qube; `path` is where the backup has its files. */
  fileOf(qube: string, path: string, file: string): string;
  /** A file of dom0's home; `path` is its name in the backup (`dom0-home/user/.bashrc`). */
  home(path: string): string;
}

/** Each file under its name in the backup: `vm1/private.img`. */
export const AS_IN_BACKUP: Layout = {
  fileOf: (_qube, path, file) => join(path, file),
  home: (path) => path,
};

/** As `qubes-restore extract` writes: `work/private.img`, `dom0/home/.bashrc`. */
export const AS_EXTRACTED: Layout = {
  fileOf: (qube, _path, file) => join(qube, file),
  home: (path) => path.replace(/^dom0-home\/[^/]+\//, 'dom0/home/'),
};

export interface Comparison {
  /** How many facts (sizes, digests, link targets…) were compared. */
  readonly compared: number;
  /** One line for each that is not as the manifest says. */
  readonly differences: readonly string[];
}

/** Compares what was recovered into a folder with the manifest of the backup. */
export async function compareWithManifest(
  folder: string,
  manifest: Manifest,
  layout: Layout,
): Promise<Comparison> {
  const differences: string[] = [];
  let compared = 0;
  const same = async (path: string, expected: unknown, read: (place: string) => unknown) => {
    compared++;
    const actual = await presentOrMissing(() => read(join(folder, path)));
    if (actual !== expected) {
      differences.push(`${path}: ${String(actual)} instead of ${String(expected)}`);
    }
  };

  for (const [name, qube] of Object.entries(manifest.vms)) {
    const pathOf = (file: string) => layout.fileOf(name, qube.backup_path ?? '', file);
    for (const [volume, { size, sha256 }] of Object.entries(qube.volumes)) {
      await same(pathOf(`${volume}.img`), size, async (place) => (await stat(place)).size);
      if (sha256 !== undefined) await same(pathOf(`${volume}.img`), sha256, fileDigest);
    }
    const firewall = qube.firewall?.sha256_of_firewall_xml;
    if (firewall !== undefined) await same(pathOf('firewall.xml'), firewall, fileDigest);
    if (qube.notes !== undefined) await same(pathOf('notes.txt'), qube.notes, textOf);
  }
  for (const { path, type, sha256, target } of manifest.dom0_home) {
    await same(layout.home(path), type, typeOf);
    if (target !== undefined) await same(layout.home(path), target, (place) => readlink(place));
    if (sha256 !== undefined) await same(layout.home(path), sha256, fileDigest);
  }
  return { compared, differences };
}

async function typeOf(place: string): Promise<string> {
  const facts = await lstat(place);
  return facts.isSymbolicLink() ? 'symlink' : facts.isDirectory() ? 'dir' : 'file';
}

function textOf(place: string): Promise<string> {
  return readFile(place, 'utf8');
}

async function presentOrMissing(read: () => unknown): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
}
