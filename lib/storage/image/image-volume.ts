import { dirname } from 'node:path';

import { StoragePoolException } from '../../base/admin-error.ts';
import type { KeyedLock } from '../../base/keyed-lock.ts';
import { pythonRepr } from '../../base/python-text.ts';
import { createSparseFile, fileExists, removeEmptyFolder, statFile } from '../files/files.ts';
import { storageError } from '../storage-error.ts';
import type { Pool, Revision, Setting, Volume } from '../storage.ts';
import { noSource, notSaved } from '../volume-errors.ts';
import { snapshotsDisabled } from '../volume-facts.ts';
import { resizeImage, revertImage } from './change-image.ts';
import { isDirty, isOwn, presentFile, removeAll } from './image.ts';
import type { Image } from './image.ts';
import { beginImport, endImport, importFrom } from './import-image.ts';
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
    return this.#look(({ facts, files }) => {
      if (!facts.snapOnStart) return false;
      const began = statFile(files.clean);
      const present = statFile(this.#origin());
      if (began === undefined || present === undefined) return false;
      return began.ino !== present.ino || began.dev !== present.dev;
    });
  }

  check(setting: Setting): void {
    this.pool.check(setting);
  }

  size(): Promise<number> {
    return this.#look((image) => presentFile(image)?.size ?? image.facts.size);
  }

  usage(): Promise<number> {
    return this.#look((image) => (presentFile(image)?.blocks ?? 0) * BLOCK);
  }

  resize(bytes: number): Promise<void> {
    return this.#work('resize', (image) => resizeImage(image, bytes));
  }

  async export(): Promise<string> {
    const { facts, files } = this.#image;
    if (!facts.saveOnStop) throw notSaved('export', this.vid);
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
    return this.#work('import data into', (image) => beginImport(image, bytes));
  }

  importEnd(success: boolean): Promise<void> {
    return this.#work('import data into', (image) => endImport(image, success));
  }

  importVolume(from: Volume): Promise<void> {
    return this.#work('import data into', (image) => importFrom(image, from));
  }

  revisions(): Promise<readonly Revision[]> {
    return this.#look(({ files }) => files.revisions.list());
  }

  revert(revision?: string): Promise<void> {
    return this.#work('revert', (image) => revertImage(image, revision));
  }

  /** Path of what a snapshot begins from. */
  #origin(): string {
    if (this.source instanceof ImageVolume) return this.source.savedPath;
    throw noSource(this.name);
  }

  /** Works on the volume when nobody else does. */
  #work<Result>(doing: string, work: (image: Image) => Promise<Result>): Promise<Result> {
    return this.#locks.run(this.#image.files.clean, () => this.#try(doing, work));
  }

  #look<Result>(look: (image: Image) => Result | Promise<Result>): Promise<Result> {
    return this.#try('look at', look);
  }

  async #try<Result>(
    doing: string,
    work: (image: Image) => Result | Promise<Result>,
  ): Promise<Result> {
    try {
      return await work(this.#image);
    } catch (error) {
      throw storageError(error, this.pool.name, `${doing} the volume ${this.vid}`);
    }
  }
}
