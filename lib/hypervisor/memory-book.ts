import type { MemoryReservation } from './hypervisor.ts';

/** Memory that is promised to qubes which are about to start. */
export class MemoryBook {
  readonly #promised = new Map<
    MemoryReservation,
    { readonly uuid: string; readonly mib: number }
  >();

  /** @param running those that have their memory, which a promise to them adds nothing to */
  promisedTo(running: (uuid: string) => boolean): number {
    let sum = 0;
    for (const { uuid, mib } of this.#promised.values()) if (!running(uuid)) sum += mib;
    return sum;
  }

  promise(uuid: string, mib: number): MemoryReservation {
    const reservation = { release: () => void this.#promised.delete(reservation) };
    this.#promised.set(reservation, { uuid, mib });
    return reservation;
  }
}
