import type { DomainDefinition } from '../../../lib/hypervisor/hypervisor.ts';
import type { Player } from './player.ts';
import { listOf, templatesOf } from './stock.ts';

/** What must hold of each start that nobody has asked for. */
export class StartChecks {
  readonly #player: Player;
  /** How often it was asked what is free when something else took of it. */
  #disturbed = 0;

  constructor(player: Player) {
    this.#player = player;
  }

  check({ name, memoryMiB }: DomainDefinition): void {
    const { world, suspended, complain } = this.#player;
    const { machine, host, memoryAsked } = world;
    const isAhead = templatesOf(world).some((template) => listOf(template).includes(name));
    if (!isAhead) {
      this.disturb();
      return;
    }
    if (suspended === host) complain(`${name} is started while the machine sleeps`);
    const threshold = Number(host.app.qubes.admin.features.get('preload-dispvm-threshold') ?? 0);
    const isKnown = memoryAsked > this.#disturbed;
    if (isKnown && machine.freeMiB - memoryMiB < threshold) {
      complain(`${name} leaves ${machine.freeMiB - memoryMiB} MiB, not ${threshold}`);
    }
  }

  /** Something else has taken memory, or may have: what was free when it was asked is not any more. */
  disturb(): void {
    this.#disturbed = this.#player.world.memoryAsked;
  }
}
