import { EmbeddedHypervisor } from '../hypervisor/embedded-hypervisor.ts';
import type { Doors } from '../model/app.ts';
import { EmbeddedQubesDb } from '../qubesdb/embedded-qubesdb.ts';
import { FolderStorage } from '../storage/folder-storage.ts';

/** The outside of an embedded system: all of it is in its folder. */
export function embeddedDoors(folder: string): Doors {
  return {
    hypervisor: new EmbeddedHypervisor(folder),
    storage: new FolderStorage(folder),
    qubesdb: new EmbeddedQubesDb(folder),
  };
}
