import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execaSync } from 'execa';

/** A thin pool of LVM of its own. */
export interface LoopThinPool {
  readonly group: string;
  readonly thinPool: string;
  remove(): void;
}

/**
 * Makes a thin pool on a loop device; it takes root, LVM and a kernel with device mapper.
 * @returns why there is none, where there is none
 */
export function makeThinPool(bytes: number): LoopThinPool | string {
  const folder = mkdtempSync(join(tmpdir(), 'qubes-rpc-lvm-'));
  const image = join(folder, 'image');
  const group = `qubesrpc${process.pid}`;
  const thinPool = 'pool';
  let device = '';
  const remove = (): void => {
    if (device !== '') {
      execaSync('lvm', ['vgremove', '--force', group], { reject: false });
      execaSync('lvm', ['pvremove', '--force', device], { reject: false });
      execaSync('losetup', ['--detach', device], { reject: false });
    }
    rmSync(folder, { recursive: true });
  };
  try {
    execaSync('dmsetup', ['targets']);
    writeFileSync(image, '');
    truncateSync(image, bytes);
    device = execaSync('losetup', ['--show', '--find', image]).stdout;
    execaSync('lvm', ['pvcreate', device]);
    execaSync('lvm', ['vgcreate', group, device]);
    const size = ['--extents', '80%FREE'];
    execaSync('lvm', ['lvcreate', '--thinpool', thinPool, ...size, group]);
  } catch (error) {
    remove();
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return `no LVM on a loop device here: ${why}`;
  }
  return { group, thinPool, remove };
}
