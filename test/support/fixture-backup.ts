import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { manifestSchema, type Manifest } from './manifest.ts';

const FOLDER = new URL('../fixtures/backups/', import.meta.url);

export const FORMAT_4_FIXTURES = ['v4-gzip', 'v4-multichunk', 'v4-zstd'] as const;
export const FORMAT_3_FIXTURES = ['v3-encrypted-compressed'] as const;

export type FixtureName = (typeof FORMAT_4_FIXTURES)[number] | (typeof FORMAT_3_FIXTURES)[number];

/** A backup written by Qubes OS: the path of the archive and what must come out of it. */
export async function fixtureBackup(
  name: FixtureName,
): Promise<{ path: string; manifest: Manifest }> {
  const manifest = await readFile(new URL(`${name}.manifest.json`, FOLDER), 'utf8');
  return {
    path: fileURLToPath(new URL(`${name}.qubes-backup`, FOLDER)),
    manifest: manifestSchema.parse(JSON.parse(manifest)),
  };
}
