import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { FolderStorage } from '../../lib/storage/folder-storage.ts';
import type { Pool, Volume } from '../../lib/storage/storage.ts';

/** Bytes of the volumes of a test, unless it says otherwise. */
export const SIZE = 1024 * 1024;

type Attributes = Readonly<Record<string, string>>;

/** A pool of a driver, and volumes in it by what makes them special. */
export class TestPool {
  readonly folder: string;
  readonly pool: Pool;

  constructor(folder: string, driver = 'file-reflink', config: Attributes = {}) {
    this.folder = folder;
    const given = { dir_path: folder, driver, revisions_to_keep: '1', ...config };
    const record = { name: 'testpool', driver, config: new Map(Object.entries(given)) };
    this.pool = new FolderStorage(folder).pool(record);
  }

  /** A volume of a qube's own, whose changes stay. */
  own(vid: string, attributes: Attributes = {}): Volume {
    return this.volume(vid, { save_on_stop: 'True', ...attributes });
  }

  snapshot(vid: string, source: Volume, attributes: Attributes = {}): Volume {
    const given = { snap_on_start: 'True', source: source.vid, ...attributes };
    return this.volume(vid, given, source);
  }

  volume(vid: string, attributes: Attributes, source?: Volume): Volume {
    const defaults = {
      name: vid.replace(/.*[/-]/, ''),
      pool: this.pool.name,
      vid,
      revisions_to_keep: '1',
      rw: 'True',
      save_on_stop: 'False',
      snap_on_start: 'False',
      size: String(SIZE),
    };
    return this.pool.volume(new Map(Object.entries({ ...defaults, ...attributes })), source);
  }

  /** Names of the files below one of its folders. */
  async files(folder: string): Promise<readonly string[]> {
    return (await readdir(join(this.folder, folder))).toSorted();
  }
}
