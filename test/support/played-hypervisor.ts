import type {
  DomainFacts,
  HostFacts,
  Hypervisor,
  PowerState,
} from '../../lib/hypervisor/hypervisor.ts';

/** A machine whose qubes are in the state a test says. */
export class PlayedHypervisor implements Hypervisor {
  host: HostFacts = {
    memoryKiB: 16 * 1024 * 1024,
    cpus: 4,
    adminMemoryMiB: 4096,
    balancesMemory: true,
  };
  version = 0;
  readonly #states = new Map<string, PowerState>();

  put(uuid: string, state: PowerState): void {
    this.version++;
    this.#states.set(uuid, state);
  }

  domain(uuid: string): DomainFacts {
    const state = this.#states.get(uuid) ?? 'Halted';
    const runs = state !== 'Halted';
    return {
      state,
      xid: runs ? 7 : -1,
      startTime: runs ? 1_700_000_000.5 : undefined,
      memoryKiB: 0,
      memoryMaxKiB: 0,
      cpuTimeNs: 0,
    };
  }
}
