import {
  close,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync as fsyncOf,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  write as writeOf,
  writeSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { promisify } from 'node:util';

import { QubesException } from '../../base/admin-error.ts';
import { diskError } from '../../base/disk-error.ts';
import { systemErrorCode } from '../../base/errors.ts';
import type { Folder } from '../../base/folder.ts';
import { KiB } from '../../base/size.ts';
import { STORE } from './store-error.ts';

const PARTIAL = `.${STORE}.partial`;
const MODE = 0o660;
const PERMISSIONS = 0o7777;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const OLD_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Up to here copying bytes to the page cache takes less time than having it done by a thread. */
const SMALL = 256 * KiB;

const write = promisify(writeOf);
const fsync = promisify(fsyncOf);

/**
 * The file of the store: read once, then replaced with every save.
 *
 * What waits for the disk is done by threads; what only changes names and numbers in memory is done
 * at once, for handing it to a thread takes as long as all the rest of a save.
 */
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
    try {
      await this.#writePartial(bytes);
      await this.#folder.link(this.#folder, PARTIAL, STORE);
    } catch (error) {
      throw diskError(error, 'create', `${this.#folder.path}/${STORE}`);
    } finally {
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
    this.#requireUntouched();
    // As long as it is open its blocks are not given back, for which the renaming would wait.
    const old = openSync(this.#folder.pathOf(STORE), OLD_FILE);
    try {
      await this.#put(bytes);
      await this.#folder.sync();
    } finally {
      // By a thread: nobody waits for it.
      close(old, () => undefined);
    }
  }

  async #put(bytes: Uint8Array): Promise<void> {
    try {
      const written = await this.#writePartial(bytes);
      this.#requireUntouched();
      renameSync(this.#folder.pathOf(PARTIAL), this.#folder.pathOf(STORE));
      this.#last = written;
    } catch (error) {
      this.#removePartial();
      throw error;
    }
  }

  /** Writes a new file beside the store, down to the disk. */
  async #writePartial(bytes: Uint8Array): Promise<Stats> {
    const file = openSync(this.#folder.pathOf(PARTIAL), NEW_FILE, MODE);
    try {
      await writeAll(file, bytes);
      const written = keepAccess(file, this.#last);
      await fsync(file);
      return written;
    } finally {
      closeSync(file);
    }
  }

  #removePartial(): void {
    try {
      unlinkSync(this.#folder.pathOf(PARTIAL));
    } catch {
      // It is not there, or the next save will say why it cannot be made.
    }
  }

  #requireUntouched(): void {
    if (this.#last === undefined) return;
    const present = lstatSync(this.#folder.pathOf(STORE), { throwIfNoEntry: false });
    if (present?.ino === this.#last.ino && present.mtimeMs === this.#last.mtimeMs) return;
    throw new QubesException(
      `Cannot save ${STORE}: another program has replaced it since it was read; nothing was ` +
        'changed. Start this host again to read it.',
    );
  }
}

async function writeAll(file: number, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    const isSmall = rest.length <= SMALL;
    const count = isSmall ? writeSync(file, rest) : (await write(file, rest)).bytesWritten;
    rest = rest.subarray(count);
  }
}

/** Gives a file permissions and group of the one it takes the place of, as far as one may. */
function keepAccess(file: number, old: Stats | undefined): Stats {
  const made = fstatSync(file);
  if (old === undefined || (made.gid === old.gid && made.mode === old.mode)) return made;
  try {
    fchownSync(file, made.uid, old.gid);
  } catch (error) {
    if (systemErrorCode(error) !== 'EPERM') throw error;
  }
  fchmodSync(file, old.mode & PERMISSIONS);
  return fstatSync(file);
}
