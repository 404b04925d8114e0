import type { App } from '../app.ts';
import { DISP_VM } from '../classes/disp-vm.ts';

/** As unnamed disposables are called; see `createUnnamed`. */
const UNNAMED = /^disp[0-9]{1,4}$/;

/**
 * Removes the files of unnamed disposables that are in no store: the host was killed while it made
 * or removed them.
 */
export async function sweepDisposables(app: App): Promise<void> {
  const parent = DISP_VM.folder;
  if (parent === undefined) return;
  for (const name of await app.storage.listFolders(parent)) {
    if (UNNAMED.test(name)) await sweep(app, name, `${parent}/${name}`);
  }
}

/** The lock is held by whoever makes one of that name just now. */
function sweep(app: App, name: string, folder: string): Promise<void> {
  return app.qubeLock.run(name, async () => {
    if (app.qubes.find(name) !== undefined) return;
    app.log.info(`${name}: its files are left of a disposable that there is not; they are removed`);
    await app.hypervisor.forget({ name });
    await app.storage.removeFolder(folder);
  });
}
