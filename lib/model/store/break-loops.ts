import { netvm } from '../properties/netvm.ts';
import type { Qube, System } from '../qube.ts';
import type { Note } from './migrate-store.ts';

/**
 * Takes the netvm away from one qube of each circle: nothing lets one arise, but a store may hold
 * one, and what follows netvms would go round for ever.
 */
export function breakNetworkLoops(system: System, note: Note): void {
  const sound = new Set<Qube>();
  for (const qube of system.qubes) {
    const path = new Set<Qube>();
    let next: Qube | null | undefined = qube;
    while (next !== null && next !== undefined && !sound.has(next)) {
      if (path.has(next)) {
        next.put(netvm.name, null);
        note(`${next.name} was connected to the network through itself; its netvm is now none`);
        break;
      }
      path.add(next);
      next = next.find(netvm);
    }
    for (const one of path) sound.add(one);
  }
}
