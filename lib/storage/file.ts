import { open } from 'node:fs/promises';

import { QubesValueError } from '../base/admin-error.ts';
import { defineDriver } from './driver.ts';
import { statFile } from './files/files.ts';
import type { KeptRevision, LayOut, Revisions } from './image/image-layout.ts';
import { ImagePool } from './image/image-pool.ts';
import { dirPath, ephemeralVolatile, revisionsToKeep } from './pool-options.ts';
import type { PoolOption } from './pool-options.ts';

const MOST_REVISIONS = 1;

/** How a file begins in which the reference's device mapper keeps blocks: nothing to go back to. */
const MAPPER_BLOCKS = 'SnAp';

/**
 * Names of files as the reference's driver of that name has them. There device mapper lays changes
 * over an image; here the qube gets a copy, as with `file-reflink`, under a name of our own where the
 * reference has none: blocks for device mapper and images are never taken for each other.
 */
const layOut: LayOut = ({ vid, snapOnStart, saveOnStop, source }, pathOf) => {
  const base = pathOf(vid);
  const image = `${base}.img`;
  const changes = `${base}-cow.img`;
  const dirty = snapOnStart ? changes : saveOnStop ? `${base}-dirty.img` : image;
  return {
    clean: image,
    dirty,
    import: `${base}-import.img`,
    // Over an image that has changed since, the mapper's blocks would be wrong.
    stale: saveOnStop ? [changes] : [],
    leftovers: [changes, `${changes}.old`],
    shown: source === undefined ? image : `${pathOf(source)}.img`,
    revisions: new OneRevision(`${changes}.old`),
  };
};

/** The only revision that there can be. */
class OneRevision implements Revisions {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async list(): Promise<readonly KeptRevision[]> {
    const stats = statFile(this.#path);
    if (stats === undefined || (await isOfMapper(this.#path))) return [];
    return [{ id: 'old', time: Math.floor(stats.mtimeMs / 1000), path: this.#path }];
  }

  nextPath(): Promise<string> {
    return Promise.resolve(this.#path);
  }
}

async function isOfMapper(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const start = Buffer.alloc(MAPPER_BLOCKS.length);
    await file.read(start, 0, start.length, 0);
    return start.toString('latin1') === MAPPER_BLOCKS;
  } finally {
    await file.close();
  }
}

const oneRevision: PoolOption = {
  ...revisionsToKeep,
  read: (untrusted) => {
    const read = revisionsToKeep.read(untrusted);
    if (Number(read) <= MOST_REVISIONS) return read;
    throw new QubesValueError('The driver file keeps at most 1 revision');
  },
};

/** Images in a folder, copied without asking whether the file system can share blocks. */
export const FILE = defineDriver(
  'file',
  [oneRevision, dirPath, ephemeralVolatile],
  (record, { locks }) => {
    const judge = (): Promise<void> => Promise.resolve();
    return new ImagePool(record, { layOut, mostRevisions: MOST_REVISIONS, judge }, locks);
  },
);
