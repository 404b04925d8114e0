import { join } from 'node:path';

import { QubesValueError, StoragePoolException } from '../base/admin-error.ts';
import { fileExists } from './files/files.ts';
import type { Pool, Revision, Setting, Volume } from './storage.ts';

interface Kernel {
  readonly name: string;
  /** Its name; empty for none. */
  readonly vid: string;
  /** Empty for none. */
  readonly folder: string;
  readonly source: Volume | undefined;
}

/** The modules of a kernel of dom0, for qubes to read; or nothing, for a qube with its own kernel. */
export class KernelVolume implements Volume {
  readonly name: string;
  readonly vid: string;
  readonly pool: Pool;
  readonly path: string;
  readonly source: Volume | undefined;
  readonly snapshotsDisabled = false;
  readonly #folder: string;

  constructor(pool: Pool, { name, vid, folder, source }: Kernel) {
    this.pool = pool;
    this.name = name;
    this.vid = vid;
    this.path = folder === '' ? '' : join(folder, 'modules.img');
    this.source = source;
    this.#folder = folder;
  }

  create(): Promise<void> {
    return nothing();
  }

  remove(): Promise<void> {
    return nothing();
  }

  async verify(): Promise<void> {
    if (this.#folder === '') return;
    const kernel = join(this.#folder, 'vmlinuz');
    if (!(await fileExists(kernel))) throw new StoragePoolException(`Missing file: ${kernel}`);
  }

  start(): Promise<void> {
    return nothing();
  }

  stop(): Promise<void> {
    return nothing();
  }

  cancelStart(): Promise<void> {
    return nothing();
  }

  async disk(): Promise<string | undefined> {
    return this.path !== '' && (await fileExists(this.path)) ? this.path : undefined;
  }

  isDirty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  isOutdated(): Promise<boolean> {
    return Promise.resolve(false);
  }

  check({ revisionsToKeep = 0, rw = false, ephemeral }: Setting): void {
    if (revisionsToKeep !== 0) {
      throw new QubesValueError('LinuxModules supports only revisions_to_keep=0');
    }
    if (rw) throw new QubesValueError('LinuxModules supports only read-only volumes');
    if (ephemeral !== undefined) {
      throw new QubesValueError('LinuxModules does not support setting ephemeral value');
    }
  }

  size(): Promise<number> {
    return Promise.resolve(0);
  }

  usage(): Promise<number> {
    return Promise.resolve(0);
  }

  resize(): Promise<void> {
    return this.#refuse('resize');
  }

  export(): Promise<string> {
    return this.path === '' ? this.#refuse('export') : Promise.resolve(this.path);
  }

  exportEnd(): Promise<void> {
    return nothing();
  }

  importBegin(): Promise<string> {
    return this.#refuse('import data into');
  }

  importEnd(): Promise<void> {
    return this.#refuse('import data into');
  }

  importVolume(from: Volume): Promise<void> {
    if (from instanceof KernelVolume) return nothing();
    throw new StoragePoolException(
      'clone of LinuxModules volume from different volume type is not supported',
    );
  }

  revisions(): Promise<readonly Revision[]> {
    return Promise.resolve([]);
  }

  revert(): Promise<void> {
    return this.#refuse('revert');
  }

  #refuse(doing: string): Promise<never> {
    const which = this.vid === '' ? 'there is none' : `${this.vid} is read-only`;
    return Promise.reject(new StoragePoolException(`Cannot ${doing} a kernel: ${which}`));
  }
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
