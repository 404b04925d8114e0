import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import type { DomainFacts, PowerState } from '../../lib/hypervisor/hypervisor.ts';

/** A machine whose qubes do what a test says, by their uuid. */
export class TestMachine extends EmbeddedHypervisor {
  readonly states = new Map<string, PowerState>();

  override domain(uuid: string): DomainFacts {
    const facts = super.domain(uuid);
    return { ...facts, state: this.states.get(uuid) ?? facts.state };
  }
}
