import { availableParallelism, totalmem } from 'node:os';

import type { HostFacts } from './hypervisor.ts';
import type { MachineSettings } from './machine.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What dom0 gets unless the settings say so, on a machine that is large enough. */
const ADMIN_MEMORY_MIB = 4096;

/** The machine as its settings say it is now, else as it is. */
export class EmbeddedHost implements HostFacts {
  readonly #settings: () => MachineSettings;

  constructor(settings: () => MachineSettings) {
    this.#settings = settings;
  }

  get memoryKiB(): number {
    const { memoryMiB } = this.#settings();
    return memoryMiB === undefined ? Math.floor(totalmem() / KIB) : memoryMiB * KIB;
  }

  get cpus(): number {
    return this.#settings().cpus ?? availableParallelism();
  }

  get adminMemoryMiB(): number {
    const { memoryMiB = totalmem() / MIB, adminMemoryMiB } = this.#settings();
    return adminMemoryMiB ?? Math.min(ADMIN_MEMORY_MIB, Math.floor(memoryMiB / 4));
  }

  get balancesMemory(): boolean {
    return this.#settings().balancesMemory ?? true;
  }
}
