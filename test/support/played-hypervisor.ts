import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import type { DomainFacts, HostFacts, PowerState } from '../../lib/hypervisor/hypervisor.ts';

/** Where nothing can be made. */
const NOWHERE = '/proc/nowhere';

/** The machine, with qubes that are in the state a test says. */
export class PlayedHypervisor extends EmbeddedHypervisor {
  override host: HostFacts = {
    memoryKiB: 16 * 1024 * 1024,
    cpus: 4,
    adminMemoryMiB: 4096,
    balancesMemory: true,
  };
  /** @param root folder where qubes that are started have theirs; none where none is started */
  constructor(root = '') {
    super(root === '' ? NOWHERE : root, {
      store: { load: () => undefined, save: () => undefined },
    });
  }

  readonly #states = new Map<string, PowerState>();
  #puts = 0;

  override get version(): number {
    return super.version + this.#puts;
  }

  put(uuid: string, state: PowerState): void {
    this.#puts++;
    this.#states.set(uuid, state);
  }

  override domain(uuid: string): DomainFacts {
    const state = this.#states.get(uuid);
    if (state === undefined) return super.domain(uuid);
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
