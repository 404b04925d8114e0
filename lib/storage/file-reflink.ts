import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { StoragePoolException } from '../base/admin-error.ts';
import { parseBoolean } from '../base/parse-boolean.ts';
import { pythonRepr } from '../base/python-text.ts';
import { defineDriver } from './driver.ts';
import { cloneContent } from './files/copy-content.ts';
import { removeFile, replaceFile } from './files/files.ts';
import type { LayOut } from './image/image-layout.ts';
import { ImagePool } from './image/image-pool.ts';
import { NumberedRevisions } from './image/numbered-revisions.ts';
import { dirPath, ephemeralVolatile, revisionsToKeep, setupCheck } from './pool-options.ts';

const PROBE = '.qubes-rpc-reflink-probe';

/** Files as the reference's driver of that name has them. */
const layOut: LayOut = ({ vid }, pathOf) => {
  const base = pathOf(vid);
  const dirty = `${base}-dirty.img`;
  return {
    clean: `${base}.img`,
    dirty,
    import: `${base}-import.img`,
    // The reference copies ahead of the next start; sharing blocks takes no time worth that.
    stale: [`${base}-precache.img`],
    leftovers: [],
    shown: dirty,
    revisions: new NumberedRevisions(`${base}.img`),
  };
};

async function judge(folder: string, options: ReadonlyMap<string, string>): Promise<void> {
  if (!parseBoolean(options.get(setupCheck.name) ?? 'True') || (await canClone(folder))) return;
  throw new StoragePoolException(
    `The filesystem for ${pythonRepr(folder)} does not support reflinks. If you can live with ` +
      'delays on VM startup/shutdown/etc. and wasted disk space, pass the ' +
      "'setup_check=False' option.",
  );
}

/** Whether files in a folder can share blocks. */
async function canClone(folder: string): Promise<boolean> {
  const probe = join(folder, PROBE);
  try {
    await replaceFile(probe, async (temporary) => {
      const file = await open(temporary, 'w');
      await file.writeFile('content');
      await file.close();
    });
    return await cloneContent(probe, `${probe}~copy`);
  } finally {
    await removeFile(probe);
    await removeFile(`${probe}~copy`);
  }
}

/** Images in a folder, copied by sharing their blocks where the file system can. */
export const FILE_REFLINK = defineDriver(
  'file-reflink',
  [revisionsToKeep, dirPath, setupCheck, ephemeralVolatile],
  (record, { locks }) => new ImagePool(record, { layOut, mostRevisions: Infinity, judge }, locks),
);
