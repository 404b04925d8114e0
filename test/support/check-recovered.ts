import { lstat, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigest } from './image.ts';
import type { Manifest } from './manifest.ts';

/**
 * Compares a folder in which each file lies under its name in the backup (`vm1/root.img`,
 * `dom0-home/user/…`) with the manifest.
 * @returns one line for each difference; none when everything is as it should be
 */
export async function differences(folder: string, manifest: Manifest): Promise<string[]> {
  const found: string[] = [];
  const same = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected) found.push(`${what} is ${String(actual)}, not ${String(expected)}`);
  };
  for (const qube of Object.values(manifest.vms)) {
    const pathOf = (file: string) => join(qube.backup_path ?? '', file);
    for (const [volume, { size, sha256 }] of Object.entries(qube.volumes)) {
      const path = pathOf(`${volume}.img`);
      same(`size of ${path}`, (await stat(join(folder, path))).size, size);
      if (sha256 !== undefined) same(path, await fileDigest(join(folder, path)), sha256);
    }
    const firewall = qube.firewall?.sha256_of_firewall_xml;
    if (firewall !== undefined) {
      const path = pathOf('firewall.xml');
      same(path, await fileDigest(join(folder, path)), firewall);
    }
    if (qube.notes !== undefined) {
      const path = pathOf('notes.txt');
      same(path, await readFile(join(folder, path), 'utf8'), qube.notes);
    }
  }
  for (const { path, type, sha256, target } of manifest.dom0_home) {
    const place = join(folder, path);
    const facts = await lstat(place);
    const actual = facts.isSymbolicLink() ? 'symlink' : facts.isDirectory() ? 'dir' : 'file';
    same(`type of ${path}`, actual, type);
    if (target !== undefined) same(path, await readlink(place), target);
    if (sha256 !== undefined) same(path, await fileDigest(place), sha256);
  }
  return found;
}
