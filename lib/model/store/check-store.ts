import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { AdminError } from '../../base/admin-error.ts';
import { diskError } from '../../base/disk-error.ts';
import { NeedsError } from '../../base/errors.ts';
import { type Folder, openFolder } from '../../base/folder.ts';
import type { Logger } from '../../base/log.ts';
import { parseXml } from '../../base/xml/xml.ts';
import { App } from '../app.ts';
import type { Doors } from '../app.ts';
import { readStore } from './read-store.ts';
import { STORE } from './store-error.ts';
import { StoreFile } from './store-file.ts';
import { StoreSaver } from './store-saver.ts';
import { StoreWriter } from './store-writer.ts';

/**
 * The folder of the copy. It is beside the store: on its disk, and for its owner alone. One that was
 * left by a check that was killed goes with the next.
 */
const COPY = '.qubes-rpc-check';

/**
 * Whether our host could go on with a store: loads a copy of it, saves that, and loads what was saved.
 * The store itself may be in use, and is not touched.
 * @param path folder of the system
 * @returns the system as it was saved
 * @throws NeedsError when there is no store, or the copy cannot be saved
 * @throws DamagedError when it cannot be understood, before or after
 */
export async function checkStore(path: string, doors: Doors, log: Logger): Promise<App> {
  const copy = await makeCopy(path);
  try {
    const folder = await openFolder(copy);
    try {
      const { app, saver } = await load(folder, doors, log);
      await saver.saveAnyway();
      const { app: saved } = await load(folder, doors, log);
      if (namesOf(saved) === namesOf(app)) return saved;
      throw new NeedsError(`Cannot go on with the store in ${path}: a copy was not saved as it is`);
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    throw new NeedsError(`Cannot go on with the store in ${path}: ${error.message}`, {});
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function makeCopy(path: string): Promise<string> {
  const store = join(path, STORE);
  const copy = join(path, COPY);
  try {
    await rm(copy, { recursive: true, force: true });
    await mkdir(copy, { mode: 0o700 });
    await copyFile(store, join(copy, STORE));
    return copy;
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw diskError(error, 'copy', store);
  }
}

async function load(
  folder: Folder,
  doors: Doors,
  log: Logger,
): Promise<{ readonly app: App; readonly saver: StoreSaver }> {
  const file = new StoreFile(folder);
  const app = new App(doors, log);
  const rest = readStore(app, parseXml(await file.read(), STORE), () => undefined);
  return { app, saver: new StoreSaver(app, new StoreWriter(app, rest), file) };
}

function namesOf(app: App): string {
  return [...app.qubes].map(({ name, uuid }) => `${name} ${uuid}`).join('\n');
}
