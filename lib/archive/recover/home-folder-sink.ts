import { diskError } from '../../base/disk-error.ts';
import { setAttributes } from '../../base/file-attributes.ts';
import { FileWriter } from '../../base/file-writer.ts';
import type { Folder } from '../../base/folder.ts';
import type { HomeFileSink, HomeSink } from './home-sink.ts';

/** Writes a home into a folder. Close it afterwards; the folder stays open. */
export class HomeFolderSink implements HomeSink {
  readonly #root: Folder;
  /** The folders on the way to where the last entry went, since the next is mostly near it. */
  #open: { readonly name: string; readonly folder: Folder }[] = [];

  constructor(root: Folder) {
    this.#root = root;
  }

  async makeFolder(path: readonly string[]): Promise<void> {
    const folder = await this.#folder(path.slice(0, -1));
    const name = lastOf(path);
    this.#open.push({ name, folder: await folder.makeFolder(name) });
  }

  async createFile(path: readonly string[]): Promise<HomeFileSink> {
    const folder = await this.#folder(path.slice(0, -1));
    const name = lastOf(path);
    const handle = await folder.createFile(name);
    const shown = `${folder.path}/${name}`;
    const writer = new FileWriter(handle, shown);
    return {
      write: (offset, bytes) => writer.write(offset, bytes),
      finish: async (size, mode, mtime) => {
        await writer.finish(size);
        await setAttributes(handle, mode, mtime).catch((error: unknown) => {
          throw diskError(error, 'set the permissions of', shown);
        });
      },
      close: () => writer.close(),
    };
  }

  async symlink(untrustedTarget: string, path: readonly string[]): Promise<void> {
    const folder = await this.#folder(path.slice(0, -1));
    await folder.symlink(untrustedTarget, lastOf(path));
  }

  async link(existing: readonly string[], path: readonly string[]): Promise<void> {
    // The way to the one must stay open while the other is looked up.
    const from = await this.#reopen(existing.slice(0, -1));
    try {
      const folder = await this.#folder(path.slice(0, -1));
      await folder.link(from.folder, lastOf(existing), lastOf(path));
    } finally {
      await from.close();
    }
  }

  async finishFolder(path: readonly string[], mode: number, mtime: number): Promise<void> {
    const folder = await this.#folder(path);
    await folder.setAttributes(mode, mtime);
  }

  async close(): Promise<void> {
    await this.#closeFrom(0);
  }

  async #folder(path: readonly string[]): Promise<Folder> {
    const shared = path.findIndex((name, depth) => this.#open[depth]?.name !== name);
    await this.#closeFrom(shared === -1 ? path.length : shared);
    for (const name of path.slice(this.#open.length)) {
      const parent = this.#open.at(-1)?.folder ?? this.#root;
      this.#open.push({ name, folder: await parent.openFolder(name) });
    }
    return this.#open.at(-1)?.folder ?? this.#root;
  }

  async #reopen(path: readonly string[]): Promise<{ folder: Folder; close(): Promise<void> }> {
    const way = new HomeFolderSink(this.#root);
    return { folder: await way.#folder(path), close: () => way.close() };
  }

  async #closeFrom(depth: number): Promise<void> {
    for (const { folder } of this.#open.splice(depth).reverse()) await folder.close();
  }
}

function lastOf(path: readonly string[]): string {
  const name = path.at(-1);
  if (name === undefined) throw new Error('The home folder itself is made by its owner');
  return name;
}
