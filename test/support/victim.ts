import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArchiveMember, readMembers } from './archive-member.ts';
import type { BackupSpec } from './backup-spec.ts';
import { randomBytes, textBytes } from './content.ts';
import { type MadeBackup, makeBackup } from './make-backup.ts';

const KiB = 1024;

/**
 * A small backup to be attacked. Archive order: `alpha` (vm1: private in one chunk, notes and
 * firewall), `beta` (vm2: private in several chunks), `gamma` (vm3: private in one chunk, the end).
 */
export const VICTIM: BackupSpec = {
  chunkSize: 64 * KiB,
  qubes: [
    {
      name: 'alpha',
      volumes: {
        private: { size: 256 * KiB, extents: [{ offset: 0, bytes: textBytes('a', 20 * KiB) }] },
      },
      firewall: '<firewall version="2"><rules/></firewall>\n',
      notes: 'notes of alpha',
    },
    {
      name: 'beta',
      volumes: {
        private: {
          size: 512 * KiB,
          extents: [{ offset: 64 * KiB, bytes: randomBytes('b', 230 * KiB) }],
        },
      },
    },
    {
      name: 'gamma',
      volumes: {
        private: { size: 128 * KiB, extents: [{ offset: 0, bytes: textBytes('c', 8 * KiB) }] },
      },
    },
  ],
};

export interface Victim extends MadeBackup {
  readonly members: readonly ArchiveMember[];
}

/** Makes the victim, or a variant of it. It is gone when the test file ends. */
export async function makeVictim(change: Partial<BackupSpec> = {}): Promise<Victim> {
  const folder = mkdtempSync(join(tmpdir(), 'qubes-rpc-victim-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const made = await makeBackup(folder, { ...VICTIM, ...change });
  return { ...made, members: await readMembers(made.path) };
}

/** The status of every part of a victim that lost nothing. */
export const ALL_OK = {
  'alpha:private': 'ok',
  'alpha:notes.txt': 'ok',
  'alpha:firewall.xml': 'ok',
  'beta:private': 'ok',
  'gamma:private': 'ok',
} as const;

/** Digest of each image of a victim, by its path after `extract`. */
export function imagesOf({ manifest }: MadeBackup): Record<string, string> {
  return Object.fromEntries(
    Object.entries(manifest.vms).flatMap(([name, { volumes }]) =>
      Object.entries(volumes).flatMap(([volume, { sha256 }]) =>
        sha256 === undefined ? [] : [[`${name}/${volume}.img`, sha256] as const],
      ),
    ),
  );
}
