import type { DomainDefinition } from '../../../lib/hypervisor/hypervisor.ts';
import type { Player } from './player.ts';
import { listOf, templatesOf } from './stock.ts';

/** After so long every start has come to its end that had begun. */
const LONG_MS = 300_000;

/** What must hold of each start that nobody has asked for. */
export class StartChecks {
  readonly #player: Player;
  /** Until when what was promised before something else took memory may still be used. */
  #disturbedUntil = -Infinity;

  constructor(player: Player) {
    this.#player = player;
  }

  check({ name, memoryMiB }: DomainDefinition): void {
    const { world, suspended, complain } = this.#player;
    const { machine, host } = world;
    const isAhead = templatesOf(world).some((template) => listOf(template).includes(name));
    if (!isAhead) {
      this.disturb();
      return;
    }
    if (suspended === host) complain(`${name} is started while the machine sleeps`);
    const threshold = Number(host.app.qubes.admin.features.get('preload-dispvm-threshold') ?? 0);
    const isKnown = world.clock.now() > this.#disturbedUntil;
    if (isKnown && machine.freeMiB - memoryMiB < threshold) {
      complain(`${name} leaves ${machine.freeMiB - memoryMiB} MiB, not ${threshold}`);
    }
  }

  /** Something else has taken memory, or may have: what was free when it was asked is not any more. */
  disturb(): void {
    this.#disturbedUntil = this.#player.world.clock.now() + LONG_MS;
  }
}
