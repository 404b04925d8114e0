import { setMaxListeners } from 'node:events';

import type { App } from '../app.ts';
import type { Qube } from '../qube.ts';
import { Dustbin } from './dustbin.ts';
import { Keeper } from './keeper.ts';
import { MemoryShare } from './memory-share.ts';
import { recoverPreloads } from './recover-preloads.ts';
import { registerKeepers } from './registry.ts';
import type { Keepers } from './registry.ts';
import type { Shared } from './shared.ts';

/** The keepers of a system that is run. */
class AppKeepers implements Keepers {
  readonly #keepers = new Map<Qube, Keeper>();
  readonly #shared: Shared;
  /** Of the machine's present sleep, if it sleeps. */
  #sleep: symbol | undefined;

  constructor(app: App, closed: AbortSignal) {
    this.#shared = {
      app,
      closed,
      dustbin: new Dustbin(app.clock, app.log, closed),
      memory: new MemoryShare(app),
      isHeld: () => this.#sleep !== undefined,
    };
  }

  get dustbin(): Dustbin {
    return this.#shared.dustbin;
  }

  get isAwaited(): boolean {
    return [...this.#keepers.values()].some((keeper) => keeper.isAwaited);
  }

  of(template: Qube): Keeper {
    const known = this.#keepers.get(template);
    if (known !== undefined) return known;
    const keeper = new Keeper(template, this.#shared);
    this.#keepers.set(template, keeper);
    return keeper;
  }

  lookLater(): void {
    for (const keeper of this.#keepers.values()) keeper.lookLater();
  }

  async hold(): Promise<void> {
    this.#sleep = Symbol('sleep');
    const { log } = this.#shared.app;
    await Promise.all(
      [...this.#keepers.values()].map((keeper) =>
        keeper
          .empty('the machine goes to sleep')
          .catch((error: unknown) => log.error({ err: error }, 'Not all that waits for use ended')),
      ),
    );
  }

  release(): () => void {
    const sleep = this.#sleep;
    return () => {
      if (this.#sleep === sleep) this.#sleep = undefined;
    };
  }
}

/**
 * Begins to keep stocks of disposables in a system, and takes up what an earlier host has left of
 * them; to be called once the system is loaded.
 * @returns what ends it; what is on its way is left to the next host
 */
export function openKeepers(app: App): () => void {
  const closed = new AbortController();
  // Each keeper listens to it: many of them are no leak.
  setMaxListeners(0, closed.signal);
  const keepers = new AppKeepers(app, closed.signal);
  const unregister = registerKeepers(app, keepers);
  const unwatch = app.whenTakenBack(() => keepers.lookLater());
  recoverPreloads(app, keepers);
  return () => {
    unregister();
    unwatch();
    closed.abort();
  };
}
