import { realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { diskError } from '../base/disk-error.ts';
import { NeedsError, systemErrorCode } from '../base/errors.ts';
import { FileWriter } from '../base/file-writer.ts';
import { openFolder, type Folder } from '../base/folder.ts';
import { partialName } from '../base/partial-name.ts';
import { printable } from '../base/printable.ts';
import type { BackupTaker } from './backup-taker.ts';

/** As any program creates a file that is no secret: its umask decides. A backup is encrypted. */
const FILE_MODE = 0o666;

/** What file systems without hard links answer: FAT, exFAT, some in user space. */
const NO_LINKS = ['EPERM', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * A new file, which has the name of unfinished work until all of it is on disk. It never takes the
 * place of another file.
 */
export class FileTaker implements BackupTaker {
  readonly #folder: Folder;
  readonly #name: string;
  readonly #writer: FileWriter;
  #size = 0;

  private constructor(folder: Folder, name: string, file: FileHandle) {
    this.#folder = folder;
    this.#name = name;
    this.#writer = new FileWriter(file, `${folder.path}/${name}`);
  }

  /** @throws NeedsError when there is a file of that name, or none can be made */
  static async open(path: string, name: string): Promise<FileTaker> {
    const folder = await openFolder(await whereIs(path));
    try {
      await refuseIfThere(folder, name);
      return new FileTaker(folder, name, await folder.createFile(partialName(name), FILE_MODE));
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  async take(block: Uint8Array): Promise<void> {
    await this.#writer.write(this.#size, block);
    this.#size += block.length;
  }

  async finish(): Promise<void> {
    await this.#writer.flush();
    await this.#writer.sync();
    await this.#nameIt();
    await this.#folder.sync();
    await this.#writer.close();
    await this.#folder.close();
  }

  async abandon(): Promise<void> {
    await this.#folder.remove(partialName(this.#name));
    await this.#writer.close();
    await this.#folder.close();
  }

  /** Gives it its name by a link, which unlike a new name fails when there is a file of it. */
  async #nameIt(): Promise<void> {
    const partial = partialName(this.#name);
    try {
      await this.#folder.link(this.#folder, partial, this.#name);
    } catch (error) {
      const code = systemErrorCode(error instanceof Error ? error.cause : undefined);
      if (code === undefined || !NO_LINKS.includes(code)) throw error;
      await refuseIfThere(this.#folder, this.#name);
      await this.#folder.rename(partial, this.#name);
      return;
    }
    await this.#folder.remove(partial);
  }
}

async function whereIs(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw diskError(error, 'open the folder', path);
  }
}

async function refuseIfThere(folder: Folder, name: string): Promise<void> {
  if (!(await folder.has(name))) return;
  const path = printable(join(folder.path, name));
  throw new NeedsError(`Cannot create ${path}: it exists already`);
}
