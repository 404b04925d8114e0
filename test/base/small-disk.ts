import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';

/** A file system of its own, to fill up. */
export interface SmallDisk {
  readonly path: string;
  remove(): void;
}

/**
 * Mounts a tmpfs of `size` bytes; undefined where that is not allowed (it takes root). At once, not
 * later, because ava wants to know at the start of a file which tests are skipped.
 */
export function mountSmallDisk(size: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'qubes-rpc-disk-'));
  try {
    execaSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    remove: () => {
      execaSync('umount', ['--lazy', path]);
      rmSync(path, { recursive: true });
    },
  };
}
