import type { Qube, System } from '../qube.ts';

/** Keeps the stock of one template of disposables, as handlers and services see it. */
export interface TemplateKeeper {
  /**
   * Announces `domain-preload-dispvm-start`, and after the delay brings the stock to what it is to
   * be: what is too much goes, what is missing is started.
   * @param delay seconds
   * @returns when nothing more can be done at present
   * @throws AdminError of the first disposable that could not be started
   */
  start(reason: string, delay?: number): Promise<void>;
  /** Has what is beyond so many go; part of the caller's change of the store. */
  shrink(max: number, reason: string): void;
  /** What decides when gaps are filled has changed: fills them if there are such. */
  mend(): void;
  /** Replaces what is not like the template any more. @param delay seconds until the new ones start */
  refresh(delay: number): void;
  /** One of the stock is gone by itself: takes it off the list; part of the caller's change. */
  lost(disposable: Qube): void;
  /**
   * Gives one of the stock away that is as it should be; undefined when there is none.
   * @param adopt what is done with it in the same change of the store
   * @throws AdminError when that cannot be saved
   */
  request(adopt: (qube: Qube) => void): Promise<Qube | undefined>;
  /**
   * One of the stock goes on without having been asked for: it is used now.
   * @throws AdminError when that cannot be saved; it is tried again then
   */
  usedUnasked(disposable: Qube): Promise<void>;
  /** Waits until there is no stock, and does something while none is made. */
  whileEmpty<Result>(reason: string, work: () => Promise<Result>): Promise<Result>;
}

/** The keepers of a system. */
export interface Keepers {
  /** Whether something is being started, or is to be in a while: the host has to be there for it. */
  readonly isAwaited: boolean;
  of(template: Qube): TemplateKeeper;
  /** Gives all stocks up until `release`: the machine goes to sleep. */
  hold(): Promise<void>;
  /**
   * To be called when the machine wakes.
   * @returns what lets stocks be made again, unless it goes to sleep once more before that
   */
  release(): () => void;
}

const registry = new WeakMap<System, Keepers>();

/** Undefined for a system that nobody runs, whose store is only read. */
export function keepersOf(system: System): Keepers | undefined {
  return registry.get(system);
}

/** The keeper of a template's stock; undefined in a system that nobody runs. */
export function keeperOf(template: Qube): TemplateKeeper | undefined {
  return registry.get(template.system)?.of(template);
}

/** @returns what ends it */
export function registerKeepers(system: System, keepers: Keepers): () => void {
  registry.set(system, keepers);
  return () => void registry.delete(system);
}
