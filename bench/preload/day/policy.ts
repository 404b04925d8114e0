import type { FakeClock } from '../../../test/support/fake-clock.ts';
import type { Happening } from './day.ts';
import type { Tally } from './tally.ts';

/** How many are to wait, and how long after a use the next is started. */
export interface Settings {
  readonly max: number;
  readonly delay: number;
}

/** MiB that preloading leaves free. */
export const THRESHOLD_MIB = 2000;

/** A disposable that somebody was given. */
export interface Given {
  /** Resolves when something can be opened in it. */
  readonly serving: Promise<void>;
  close(): void;
}

/** A system whose disposables are started ahead by one policy or the other. */
export interface Policy {
  readonly clock: FakeClock;
  readonly tally: Tally;
  /** Gives a disposable that runs. @throws Error when none can be started */
  open(): Promise<Given>;
  /** Something other than that happens. */
  happen(happening: Happening): void;
  /** MiB of those that nobody has asked for. */
  readonly heldMiB: number;
  /** How many wait. */
  readonly stock: number;
  /** @throws Error for what must not have happened */
  check(): void;
}
