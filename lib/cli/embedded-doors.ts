import { join } from 'node:path';

import { AdminError } from '../base/admin-error.ts';
import { SYSTEM_CLOCK } from '../base/clock.ts';
import { NeedsError } from '../base/errors.ts';
import { EmbeddedHypervisor } from '../hypervisor/embedded-hypervisor.ts';
import { EmbeddedQmemman } from '../hypervisor/embedded-qmemman.ts';
import { Qmemman } from '../hypervisor/qmemman.ts';
import { WithoutXen } from '../hypervisor/without-xen.ts';
import type { Doors } from '../model/app.ts';
import { isStockFolder } from '../model/store/store-owner.ts';
import { EmbeddedQubesDb } from '../qubesdb/embedded-qubesdb.ts';
import { CalledServices } from '../qrexec/called-services.ts';
import { FolderStorage } from '../storage/folder-storage.ts';
import { callerOfHost } from './qrexec/embedded-qrexec.ts';

const ADMIN = 'dom0';

/** The outside of an embedded system. */
export interface EmbeddedDoors extends Doors {
  /**
   * Takes up what an earlier host of the system has left running; to be called by its owner before
   * anything is done to qubes.
   * @throws NeedsError when what it left cannot be read, or the description of the machine
   */
  readonly resume: () => Promise<void>;
  /** Whether any qube runs: its database is served by this process. */
  readonly hasRunning: () => boolean;
  /** Lets no qube start any more; what runs goes on for the next host. */
  readonly leave: () => void;
  /** Ends what this process does for them, once nothing is being done to qubes. */
  readonly close: () => Promise<void>;
}

/** The outside of an embedded system: all of it is in its folder. */
export function embeddedDoors(folder: string): EmbeddedDoors {
  // The qubes of that store are Xen's.
  const hypervisor = isStockFolder(folder)
    ? new WithoutXen(folder)
    : new EmbeddedHypervisor(folder);
  const qubesdb = new EmbeddedQubesDb(folder);
  const runFolder = join(folder, 'run');
  const qmemman = new EmbeddedQmemman(runFolder, hypervisor.memory);
  return {
    clock: SYSTEM_CLOCK,
    hypervisor,
    memory: new Qmemman(runFolder),
    services: new CalledServices(callerOfHost(folder)),
    qubesdb,
    storage: new FolderStorage(folder),
    resume: async () => {
      try {
        const running = hypervisor.resume();
        if (running !== undefined) await qubesdb.resume([ADMIN, ...running]);
        // That of dom0 begins with the machine.
        await qubesdb.open(ADMIN);
        await qmemman.start();
      } catch (error) {
        if (!(error instanceof AdminError)) throw error;
        throw new NeedsError(error.message, {}, { cause: error });
      }
    },
    hasRunning: () => hypervisor.use().length > 0,
    leave: () => hypervisor.close(),
    close: async () => {
      await qmemman.close();
      await qubesdb.close();
    },
  };
}
