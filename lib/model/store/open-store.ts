import { realpath } from 'node:fs/promises';

import { AdminError } from '../../base/admin-error.ts';
import { diskError } from '../../base/disk-error.ts';
import { NeedsError } from '../../base/errors.ts';
import { openFolder } from '../../base/folder.ts';
import type { Folder } from '../../base/folder.ts';
import type { Logger } from '../../base/log.ts';
import { parseXml } from '../../base/xml/xml.ts';
import { App } from '../app.ts';
import type { Doors } from '../app.ts';
import { readStore } from './read-store.ts';
import { STORE } from './store-error.ts';
import { StoreFile } from './store-file.ts';
import { ownStore } from './store-owner.ts';
import { StoreSaver } from './store-saver.ts';
import { StoreWriter } from './store-writer.ts';

/** A system whose store is open, and this process its owner. */
export interface OpenStore {
  readonly app: App;
  /** Waits for what is being saved, and gives the store up. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the store of a system: its folder's `qubes.xml`.
 * @throws NeedsError when there is none, somebody else owns it, or the disk refuses
 * @throws DamagedError when it cannot be understood
 */
export async function openStore(options: {
  readonly folder: string;
  readonly doors: Doors;
  readonly log: Logger;
}): Promise<OpenStore> {
  const folder = await openSystemFolder(options.folder);
  try {
    const owned = await ownStore(folder);
    try {
      const { app, saver } = await load(folder, options.doors, options.log);
      return {
        app,
        close: async () => {
          await saver.idle();
          await owned.release();
          await folder.close();
        },
      };
    } catch (error) {
      await owned.release();
      throw error;
    }
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function openSystemFolder(path: string): Promise<Folder> {
  const real = await realpath(path).catch((error: unknown) => {
    throw diskError(error, 'open the folder', path);
  });
  const folder = await openFolder(real);
  if (await folder.has(STORE)) return folder;
  await folder.close();
  throw new NeedsError(`There is no system in ${path}: it has no ${STORE}`, {
    hint: 'Make one with qubes-rpc init.',
  });
}

async function load(
  folder: Folder,
  doors: Doors,
  log: Logger,
): Promise<{ app: App; saver: StoreSaver }> {
  const file = new StoreFile(folder);
  const app = new App(doors, log);
  const notes: string[] = [];
  const rest = readStore(app, parseXml(await file.read(), STORE), (note) => notes.push(note));
  const saver = new StoreSaver(app, new StoreWriter(app, rest), file);
  app.saveWith(() => saver.save());
  if (notes.length > 0) {
    for (const note of notes) log.warn(`${STORE}: ${note}`);
    await saver.saveAnyway().catch((error: unknown) => {
      if (!(error instanceof AdminError)) throw error;
      log.warn(`${error.message}; what was changed in memory is saved with the next change`);
    });
  }
  return { app, saver };
}
