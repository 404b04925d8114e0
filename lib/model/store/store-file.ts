import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import { QubesException } from '../../base/admin-error.ts';
import { systemErrorCode } from '../../base/errors.ts';
import type { Folder } from '../../base/folder.ts';
import { STORE } from './store-error.ts';

const PARTIAL = `.${STORE}.partial`;
const MODE = 0o660;
const PERMISSIONS = 0o7777;

/** The file of the store: read once, then replaced with every save. */
export class StoreFile {
  readonly #folder: Folder;
  /** The file that was last read or written; undefined before. */
  #last: Stats | undefined;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  /** @throws NeedsError when there is none */
  async read(): Promise<Uint8Array> {
    await this.#folder.remove(PARTIAL);
    const file = await this.#folder.openFile(STORE, constants.O_RDONLY);
    try {
      this.#last = await file.stat();
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  /**
   * Makes the file, which must not exist.
   * @throws NeedsError when it does, or the disk refuses
   */
  async create(bytes: Uint8Array): Promise<void> {
    await this.#folder.remove(PARTIAL);
    const file = await this.#folder.createFile(PARTIAL, MODE);
    try {
      await this.#fill(file, bytes);
      await this.#folder.link(this.#folder, PARTIAL, STORE);
    } finally {
      await file.close();
      await this.#folder.remove(PARTIAL).catch(() => undefined);
    }
    await this.#folder.sync();
  }

  /**
   * Replaces the file; it is on disk when this resolves. Until the new one is complete the old one
   * is there. It keeps the permissions and the group.
   * @throws QubesException when somebody else has replaced the file; NeedsError and the system's
   * own errors when the disk refuses
   */
  async replace(bytes: Uint8Array): Promise<void> {
    await this.#requireUntouched();
    const file = await this.#folder.createFile(PARTIAL, MODE);
    try {
      const written = await this.#fill(file, bytes);
      await this.#requireUntouched();
      await this.#folder.rename(PARTIAL, STORE);
      this.#last = written;
    } catch (error) {
      await this.#folder.remove(PARTIAL).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    await this.#folder.sync();
  }

  async #fill(file: FileHandle, bytes: Uint8Array): Promise<Stats> {
    await writeAll(file, bytes);
    const made = await file.stat();
    const kept = this.#last === undefined ? made : await keepAccess(file, made, this.#last);
    await file.sync();
    return kept;
  }

  async #requireUntouched(): Promise<void> {
    if (this.#last === undefined) return;
    const present = await this.#folder.stat(STORE);
    if (present?.ino === this.#last.ino && present.mtimeMs === this.#last.mtimeMs) return;
    throw new QubesException(
      `Cannot save ${STORE}: another program has replaced it since it was read; nothing was ` +
        'changed. Start this host again to read it.',
    );
  }
}

/** In one piece where the system lets it; `writeFile` takes many. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    const { bytesWritten } = await file.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}

/** Gives a file permissions and group of another, as far as one may. */
async function keepAccess(file: FileHandle, made: Stats, old: Stats): Promise<Stats> {
  if (made.gid === old.gid && made.mode === old.mode) return made;
  await file.chown(made.uid, old.gid).catch(unlessForbidden);
  await file.chmod(old.mode & PERMISSIONS);
  return file.stat();
}

function unlessForbidden(error: unknown): void {
  if (systemErrorCode(error) !== 'EPERM') throw error;
}
