import { availableParallelism, totalmem } from 'node:os';

import type { DomainFacts, HostFacts, Hypervisor } from './hypervisor.ts';

const ADMIN_UUID = '00000000-0000-0000-0000-000000000000';
const ADMIN_MEMORY_MIB = 4096;
const KIB = 1024;

const HALTED: DomainFacts = {
  state: 'Halted',
  xid: -1,
  startTime: undefined,
  memoryKiB: 0,
  memoryMaxKiB: 0,
  cpuTimeNs: 0,
};

const ADMIN: DomainFacts = {
  ...HALTED,
  state: 'Running',
  xid: 0,
  memoryKiB: ADMIN_MEMORY_MIB * KIB,
  memoryMaxKiB: ADMIN_MEMORY_MIB * KIB,
};

/** The machine without a hypervisor: only dom0, which is this program's own system, runs. */
export class EmbeddedHypervisor implements Hypervisor {
  /** Folder of the system whose qubes it is asked about. */
  readonly folder: string;
  /** Nothing starts here yet. */
  readonly version = 0;
  readonly host: HostFacts = {
    memoryKiB: Math.floor(totalmem() / KIB),
    cpus: availableParallelism(),
    adminMemoryMiB: ADMIN_MEMORY_MIB,
    balancesMemory: true,
  };

  constructor(folder: string) {
    this.folder = folder;
  }

  domain(uuid: string): DomainFacts {
    return uuid === ADMIN_UUID ? ADMIN : HALTED;
  }
}
