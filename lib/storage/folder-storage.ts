import { constants } from 'node:fs';
import { posix } from 'node:path';

import { diskError } from '../base/disk-error.ts';
import { NeedsError, systemErrorCode } from '../base/errors.ts';
import { Folder, openFolder } from '../base/folder.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import { makePath } from '../base/make-path.ts';
import { writeFileIn } from '../base/write-file.ts';
import { DRIVERS, driverOf } from './drivers.ts';
import { KernelFolder } from './kernel-folder.ts';
import { Lvm } from './lvm/lvm.ts';
import type { KernelFacts, Pool, PoolDriver, PoolRecord, Storage } from './storage.ts';

const KERNELS = 'vm-kernels';

/** Qubes on a system folder: each has a folder of its own with its small files. */
export class FolderStorage implements Storage {
  readonly folder: string;
  readonly #kernels: KernelFolder;
  readonly #shared = { locks: new KeyedLock(), lvm: new Lvm() };

  constructor(folder: string) {
    this.folder = folder;
    this.#kernels = new KernelFolder(posix.join(folder, KERNELS));
  }

  readonly drivers: readonly PoolDriver[] = DRIVERS;

  pool(record: PoolRecord): Pool {
    return driverOf(record).open(record, this.#shared);
  }

  /** @throws NeedsError also when there is a folder of that name already that is not empty */
  async createFolder(folder: string): Promise<void> {
    const made = await this.#make(folder);
    try {
      if ((await made.names()).length === 0) return;
      throw new NeedsError(
        `Cannot create ${posix.join(this.folder, folder)}: it exists already and is not empty`,
        { hint: 'A qube of that name was not removed completely; move its folder away.' },
      );
    } finally {
      await made.close();
    }
  }

  async hasFolder(folder: string): Promise<boolean> {
    const opened = await this.#open(folder);
    await opened?.close();
    return opened !== undefined;
  }

  async listFolders(parent: string): Promise<readonly string[]> {
    const opened = await this.#open(parent);
    if (opened === undefined) return [];
    try {
      return await opened.names();
    } finally {
      await opened.close();
    }
  }

  async removeFolder(folder: string): Promise<void> {
    const parent = await this.#open(posix.dirname(folder));
    if (parent === undefined) return;
    try {
      await parent.removeTree(posix.basename(folder));
    } finally {
      await parent.close();
    }
  }

  async readText(folder: string, file: string): Promise<string | undefined> {
    const opened = await this.#open(folder);
    if (opened === undefined) return undefined;
    try {
      if (!(await opened.has(file))) return undefined;
      const handle = await opened.openFile(file, constants.O_RDONLY);
      try {
        return await handle.readFile('utf8');
      } finally {
        await handle.close();
      }
    } finally {
      await opened.close();
    }
  }

  async writeText(folder: string, file: string, text: string): Promise<void> {
    const made = await this.#make(folder);
    try {
      await writeFileIn(made, file, Buffer.from(text));
    } finally {
      await made.close();
    }
  }

  kernel(name: string): KernelFacts | undefined {
    return this.#kernels.facts(name);
  }

  /** The folder, made if it is missing. */
  async #make(folder: string): Promise<Folder> {
    const path = posix.join(this.folder, folder);
    await makePath(path).catch((error: unknown) => {
      throw diskError(error, 'create the folder', path);
    });
    return openFolder(path);
  }

  /** The folder, undefined when there is none. */
  async #open(folder: string): Promise<Folder | undefined> {
    try {
      return await openFolder(posix.join(this.folder, folder));
    } catch (error) {
      if (error instanceof NeedsError && systemErrorCode(error.cause) === 'ENOENT')
        return undefined;
      throw error;
    }
  }
}
