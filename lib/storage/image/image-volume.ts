import { dirname } from 'node:path';

import { StoragePoolException } from '../../base/admin-error.ts';
import type { KeyedLock } from '../../base/keyed-lock.ts';
import { pythonRepr } from '../../base/python-text.ts';
import { copyContent } from '../files/copy-content.ts';
import {
  createSparseFile,
  fileExists,
  removeEmptyFolder,
  removeFile,
  replaceFile,
  statFile,
  truncateFile,
} from '../files/files.ts';
import { updateLoopDevices } from '../files/loop-devices.ts';
import { storageError } from '../storage-error.ts';
import type { Pool, Revision, Setting, Volume } from '../storage.ts';
import { snapshotsDisabled } from '../volume-facts.ts';
import { commit, isDirty, isOwn, keepRevision, presentFile } from './image.ts';
import { removeAll, replaceClean } from './image.ts';
import type { Image } from './image.ts';
import { cancelImage, startImage, stopImage } from './run-image.ts';

/** Bytes of a block as `stat` counts them. */
const BLOCK = 512;

interface Place {
  readonly pool: Pool;
  /** Held by the path of the saved image. */
  readonly locks: KeyedLock;
  readonly source: Volume | undefined;
}

/**
 * A volume that is a file. A qube never gets the file with what is saved: it gets a copy, which
 * takes the place of that file when it stops, in one step. So whatever breaks off, and wherever,
 * what was saved last is there, and whole.
 */
export class ImageVolume implements Volume {
  readonly name: string;
  readonly vid: string;
  readonly pool: Pool;
  readonly path: string;
  readonly source: Volume | undefined;
  readonly snapshotsDisabled: boolean;
  readonly #locks: KeyedLock;
  readonly #image: Image;

  constructor(image: Image, { pool, locks, source }: Place) {
    this.name = image.facts.name;
    this.vid = image.facts.vid;
    this.pool = pool;
    this.path = image.files.shown;
    this.source = source;
    this.snapshotsDisabled = snapshotsDisabled(image.facts);
    this.#locks = locks;
    this.#image = image;
  }

  /** What is saved. */
  get savedPath(): string {
    return this.#image.files.clean;
  }

  create(): Promise<void> {
    return this.#work('create', async ({ facts, files }) => {
      await removeAll(this.#image);
      if (isOwn(facts)) await createSparseFile(files.clean, facts.size);
    });
  }

  remove(): Promise<void> {
    return this.#work('remove', async ({ files }) => {
      await removeAll(this.#image);
      await removeEmptyFolder(dirname(files.clean));
    });
  }

  verify(): Promise<void> {
    return this.#look(async ({ facts, files }) => {
      if (!facts.snapOnStart && !facts.saveOnStop) return;
      const path = facts.snapOnStart ? this.#origin() : files.clean;
      if (await fileExists(path)) return;
      // Without snapshots what is saved is what a run has left, if it was not ended.
      if (this.snapshotsDisabled && (await isDirty(this.#image))) return;
      throw new StoragePoolException(
        `Missing image file ${pythonRepr(path)} for volume ${this.vid}`,
      );
    });
  }

  start(): Promise<void> {
    return this.#work('start', (image) => startImage(image, () => this.#origin()));
  }

  stop(): Promise<void> {
    return this.#work('stop', stopImage);
  }

  cancelStart(): Promise<void> {
    return this.#work('stop', cancelImage);
  }

  disk(): Promise<string> {
    return Promise.resolve(this.#image.files.dirty);
  }

  isDirty(): Promise<boolean> {
    return this.#look(isDirty);
  }

  isOutdated(): Promise<boolean> {
    return this.#look(async ({ facts, files }) => {
      if (!facts.snapOnStart) return false;
      const began = await statFile(files.clean);
      const present = await statFile(this.#origin());
      if (began === undefined || present === undefined) return false;
      return began.ino !== present.ino || began.dev !== present.dev;
    });
  }

  check(setting: Setting): void {
    this.pool.check(setting);
  }

  size(): Promise<number> {
    return this.#look(async (image) => (await presentFile(image))?.size ?? image.facts.size);
  }

  usage(): Promise<number> {
    return this.#look(async (image) => ((await presentFile(image))?.blocks ?? 0) * BLOCK);
  }

  resize(bytes: number): Promise<void> {
    return this.#work('resize', async ({ facts, files }) => {
      if (!facts.rw) throw new StoragePoolException(`Cannot resize: ${this.vid} is read-only`);
      if (await fileExists(files.dirty)) {
        await truncateFile(files.dirty, bytes);
        await updateLoopDevices(files.dirty);
      } else if (isOwn(facts)) {
        await resizeSaved(files.clean, bytes);
      }
    });
  }

  async export(): Promise<string> {
    const { facts, files } = this.#image;
    if (!facts.saveOnStop) {
      throw new StoragePoolException(`Cannot export: ${this.vid} is not save_on_stop`);
    }
    if (this.snapshotsDisabled && (await this.isDirty())) {
      throw new StoragePoolException(
        `Volume ${this.vid} must be stopped before importing its data`,
      );
    }
    return files.clean;
  }

  exportEnd(): Promise<void> {
    // Whoever reads the file has it open; it is replaced, never written to.
    return Promise.resolve();
  }

  importBegin(bytes: number): Promise<string> {
    return this.#work('import data into', async ({ files }) => {
      await this.#requireImportable();
      await createSparseFile(files.import, bytes);
      return files.import;
    });
  }

  importEnd(success: boolean): Promise<void> {
    return this.#work('import data into', async (image) => {
      const { files } = image;
      if (!(await fileExists(files.import))) {
        throw new StoragePoolException(`No import operation in progress on ${this.vid}`);
      }
      if (success) await commit(image, files.import);
      else await removeFile(files.import);
    });
  }

  importVolume(from: Volume): Promise<void> {
    return this.#work('import data into', async (image) => {
      const { facts, files } = image;
      if (!facts.saveOnStop) return;
      await this.#requireImportable();
      const path = await from.export();
      try {
        await replaceFile(files.import, (temporary) => copyContent(path, temporary));
      } finally {
        await from.exportEnd(path);
      }
      await commit(image, files.import);
    });
  }

  revisions(): Promise<readonly Revision[]> {
    return this.#look(({ files }) => files.revisions.list());
  }

  revert(revision?: string): Promise<void> {
    return this.#work('revert', async (image) => {
      if (await this.isDirty()) {
        throw new StoragePoolException(`Cannot revert: ${this.vid} is not cleanly stopped`);
      }
      const kept = await image.files.revisions.list();
      const wanted = revision === undefined ? kept.at(-1) : kept.find(({ id }) => id === revision);
      if (wanted === undefined) {
        throw new StoragePoolException(
          `Cannot revert: ${this.vid} has no revision ${revision ?? 'to go back to'}`,
        );
      }
      await keepRevision(image);
      await replaceClean(image, wanted.path);
    });
  }

  async #requireImportable(): Promise<void> {
    if (!this.#image.facts.saveOnStop) {
      throw new StoragePoolException(`Cannot import data: ${this.vid} is not save_on_stop`);
    }
    // The next start would go on with what the last run left, and save that instead.
    if (await this.isDirty()) {
      throw new StoragePoolException(
        `Cannot import data to dirty volume ${this.vid}, stop the qube first`,
      );
    }
  }

  /** Path of what a snapshot begins from. */
  #origin(): string {
    if (this.source instanceof ImageVolume) return this.source.savedPath;
    throw new StoragePoolException(
      `snap_on_start specified on ${pythonRepr(this.name)} but no volume source set`,
    );
  }

  /** Works on the volume when nobody else does. */
  #work<Result>(doing: string, work: (image: Image) => Promise<Result>): Promise<Result> {
    return this.#locks.run(this.#image.files.clean, () => this.#try(doing, work));
  }

  #look<Result>(look: (image: Image) => Promise<Result>): Promise<Result> {
    return this.#try('look at', look);
  }

  async #try<Result>(doing: string, work: (image: Image) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.#image);
    } catch (error) {
      throw storageError(error, this.pool.name, `${doing} the volume ${this.vid}`);
    }
  }
}

/** A file that running snapshots began from keeps its size, and another takes its name. */
async function resizeSaved(path: string, bytes: number): Promise<void> {
  if ((await statFile(path))?.nlink === 1) return truncateFile(path, bytes);
  return replaceFile(path, async (temporary) => {
    await copyContent(path, temporary);
    await truncateFile(temporary, bytes);
  });
}
