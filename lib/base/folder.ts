import { constants, fsync as fsyncOf, type Stats } from 'node:fs';
import {
  chmod,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { promisify } from 'node:util';
import { diskError } from './disk-error.ts';
import { NeedsError, UsageError, systemErrorCode } from './errors.ts';
import { setAttributes } from './file-attributes.ts';
import { isFileName } from './file-name.ts';
import { pathBytes, pathText } from './path-text.ts';
import { printable } from './printable.ts';
import { syncFileSystem } from './sync-file-system.ts';

const fsync = promisify(fsyncOf);

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const NEW_FILE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const NO_SURPRISE = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
/** Linux only, and not among Node's constants: a handle that needs no permission on the thing. */
const O_PATH = 0o10000000;

/**
 * An opened folder. What is done in it goes through its descriptor (`/proc/self/fd/N/NAME`), one
 * name at a time: nobody can lead it elsewhere by renaming or linking a folder above, and no link
 * is ever followed. Names are text as `pathText` makes it.
 *
 * Every method throws NeedsError when the system refuses, with the system's error as its cause,
 * and UsageError for what is not a name.
 */
export class Folder {
  /** For messages only: where the folder was when it was opened. */
  readonly path: string;
  readonly #handle: FileHandle;

  /** Use {@link openFolder}. */
  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.path = path;
  }

  /** Opens a folder in this one. */
  async openFolder(name: string): Promise<Folder> {
    const handle = await this.#do('open the folder', name, (path) => open(path, FOLDER));
    return new Folder(handle, this.#shown(name));
  }

  /** Makes a folder, which must not exist, and opens it. */
  async makeFolder(name: string, mode = 0o700): Promise<Folder> {
    await this.#do('create the folder', name, (path) => mkdir(path, { mode }));
    return this.openFolder(name);
  }

  /** Creates a file, which must not exist, open for reading and writing. */
  async createFile(name: string, mode = 0o600): Promise<FileHandle> {
    return this.#do('create', name, (path) => open(path, NEW_FILE, mode));
  }

  /**
   * Opens a plain file: no link, and no fifo, which would be waited for for ever. One that the flags
   * create is nobody else's.
   */
  async openFile(name: string, flags: number): Promise<FileHandle> {
    const file = await this.#do('open', name, (path) => open(path, flags | NO_SURPRISE, 0o600));
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new NeedsError(`Cannot open ${printable(this.#shown(name))}: it is not a plain file`);
  }

  /** What a symlink says, as text that `pathBytes` turns back. */
  async readLink(name: string): Promise<string> {
    return this.#do('read the link', name, async (path) =>
      pathText(await readlink(path, { encoding: 'buffer' })),
    );
  }

  /** What there is of that name, links not followed; undefined for nothing. */
  async stat(name: string): Promise<Stats | undefined> {
    return this.#do('look at', name, (path) => lstat(path).catch(unlessGone));
  }

  /** Creates a symlink. Its target is only text here; nothing in this class goes through it. */
  async symlink(untrustedTarget: string, name: string): Promise<void> {
    await this.#do('create the link', name, (path) => symlink(pathBytes(untrustedTarget), path));
  }

  /** Gives `name` of `from` a second name here. A symlink is linked itself, not its target. */
  async link(from: Folder, existing: string, name: string): Promise<void> {
    const source = from.#inside(existing);
    await this.#do('create the link', name, (path) => link(source, path));
  }

  /** Renames within the folder; a file or empty folder called `to` is replaced. */
  async rename(from: string, to: string): Promise<void> {
    const target = this.#inside(to);
    await this.#do('rename', from, (path) => rename(path, target));
  }

  /** A path that leads to that name in this folder, wherever the folder is by now. */
  pathOf(name: string): Buffer {
    return this.#inside(name);
  }

  /** Whether there is anything, if only a dangling link, of that name. */
  async has(name: string): Promise<boolean> {
    return (await this.stat(name)) !== undefined;
  }

  async names(): Promise<string[]> {
    const names = await this.#try('read the folder', () =>
      readdir(this.#self(), { encoding: 'buffer' }),
    );
    return names.map(pathText);
  }

  /** Removes a file or link; it is no error if there is none. */
  async remove(name: string): Promise<void> {
    await this.#do('remove', name, (path) => unlink(path).catch(unlessGone));
  }

  /** Removes a file, link or folder with all that is in it; it is no error if there is none. */
  async removeTree(name: string): Promise<void> {
    if ((await this.stat(name))?.isDirectory() !== true) return this.remove(name);
    await this.#do('open the folder', name, makeUsable);
    const folder = await this.openFolder(name);
    try {
      for (const child of await folder.names()) await folder.removeTree(child);
    } finally {
      await folder.close();
    }
    await this.#do('remove the folder', name, (path) => rmdir(path).catch(unlessGone));
  }

  /** Sets permissions and times (seconds since 1970) of the folder itself. */
  async setAttributes(mode: number, mtime: number): Promise<void> {
    await this.#try('set the permissions of', async () => {
      await setAttributes(this.#handle, mode, mtime);
    });
  }

  /** Gives a file, link or folder with all that is in it to another user. Only root can. */
  async giveTree(name: string, uid: number, gid: number): Promise<void> {
    if ((await this.stat(name))?.isDirectory() === true) {
      const folder = await this.openFolder(name);
      try {
        for (const child of await folder.names()) await folder.giveTree(child, uid, gid);
      } finally {
        await folder.close();
      }
    }
    // The folder itself last: until then nobody else can change what is in it.
    await this.#do('give away', name, (path) => lchown(path, uid, gid));
  }

  /** Returns when the names in this folder are on disk. */
  async sync(): Promise<void> {
    await this.#try('write to disk', () => fsync(this.#handle.fd));
  }

  /** Returns when everything in this folder and below (and on its file system) is on disk. */
  async syncTree(): Promise<void> {
    await syncFileSystem(`/proc/${process.pid}/fd/${this.#handle.fd}`);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #do<T>(doing: string, name: string, action: (path: Buffer) => Promise<T>): Promise<T> {
    const path = this.#inside(name);
    try {
      return await action(path);
    } catch (error) {
      throw diskError(error, doing, this.#shown(name));
    }
  }

  async #try<T>(doing: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw diskError(error, doing, this.path);
    }
  }

  #inside(name: string): Buffer {
    if (!isFileName(name)) throw new UsageError(`Cannot use "${printable(name)}" as a file name`);
    return Buffer.concat([Buffer.from(`${this.#self()}/`), pathBytes(name)]);
  }

  #self(): string {
    return `/proc/self/fd/${this.#handle.fd}`;
  }

  #shown(name: string): string {
    return `${this.path}/${name}`;
  }
}

/**
 * Opens a folder by its path, whose last component must not be a link.
 * @throws NeedsError when there is none, or it may not be read
 */
export async function openFolder(path: string): Promise<Folder> {
  try {
    return new Folder(await open(path, FOLDER), path);
  } catch (error) {
    throw diskError(error, 'open the folder', path);
  }
}

/** Lets its owner list and empty a folder, whatever permissions it was given. */
async function makeUsable(path: Buffer): Promise<void> {
  const handle = await open(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await chmod(`/proc/self/fd/${handle.fd}`, 0o700);
  } finally {
    await handle.close();
  }
}

function unlessGone(error: unknown): undefined {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
}
