import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execaSync } from 'execa';

import type { SmallDisk } from '../base/small-disk.ts';

const MKFS = {
  btrfs: ['mkfs.btrfs', '--quiet'],
  xfs: ['mkfs.xfs', '-q', '-m', 'reflink=1'],
  ext4: ['mkfs.ext4', '-q', '-m', '0'],
} as const;

export type FileSystem = keyof typeof MKFS;

/**
 * A file system of a kind on a loop device; it takes root, the programs to make one, and a kernel
 * that knows it. At once, not later, because ava wants to know at the start of a file which tests
 * are skipped.
 * @returns why there is none, where there is none
 */
export function mountLoopDisk(kind: FileSystem, bytes: number): SmallDisk | string {
  const folder = mkdtempSync(join(tmpdir(), 'qubes-rpc-loop-'));
  const image = join(folder, 'image');
  const path = join(folder, 'disk');
  try {
    writeFileSync(image, '');
    truncateSync(image, bytes);
    const [program, ...options] = MKFS[kind];
    execaSync(program, [...options, image]);
    execaSync('mkdir', [path]);
    execaSync('mount', ['-o', 'loop', '-t', kind, image, path]);
  } catch (error) {
    rmSync(folder, { recursive: true });
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return `no ${kind} on a loop device here: ${why}`;
  }
  return {
    path,
    remove: () => {
      execaSync('umount', [path]);
      rmSync(folder, { recursive: true });
    },
  };
}
