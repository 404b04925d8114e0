import { reasonOf } from '../../base/errors.ts';
import { memoryNeeded } from '../power/memory-needed.ts';
import type { Qube, System } from '../qube.ts';
import { isRunning } from '../running.ts';
import { preloadThreshold } from './preload-features.ts';

const MIB = 1024 * 1024;

/** Memory for one disposable that is about to start. */
export interface Share {
  /** Known once it is created: when it runs, it has its memory. */
  qube: Qube | undefined;
  readonly bytes: number;
  giveBack(): void;
}

/** What of the machine's memory is promised to disposables that are to be started ahead of need. */
export class MemoryShare {
  readonly #system: System;
  readonly #shares = new Set<Share>();
  readonly #waiting = new Set<() => void>();

  constructor(system: System) {
    this.#system = system;
  }

  /**
   * Takes memory for one disposable of a template, unless less than the threshold would be left.
   * @returns undefined when there is not enough
   */
  async take(template: Qube): Promise<Share | undefined> {
    // As its start will ask for: its own memory, and what goes with that.
    const bytes = memoryNeeded(template) * MIB;
    const available = await this.#available();
    const spare = available - preloadThreshold(template) - this.#promised();
    if (spare < bytes) return undefined;
    const share: Share = {
      qube: undefined,
      bytes,
      giveBack: () => {
        this.#shares.delete(share);
        for (const listener of [...this.#waiting]) listener();
      },
    };
    this.#shares.add(share);
    return share;
  }

  /** Calls back when there may be more to take. @returns what ends it */
  watch(listener: () => void): () => void {
    const stop = this.#system.memory.watch(listener);
    this.#waiting.add(listener);
    return () => {
      stop();
      this.#waiting.delete(listener);
    };
  }

  /** Where nobody knows, it is tried: the start itself fails if there is too little. */
  async #available(): Promise<number> {
    try {
      return (await this.#system.memory.available()) ?? Infinity;
    } catch (error) {
      this.#system.log.warn(`It is not known how much memory is available: ${reasonOf(error)}`);
      return Infinity;
    }
  }

  #promised(): number {
    let sum = 0;
    for (const { qube, bytes } of this.#shares) {
      if (qube === undefined || !isRunning(qube)) sum += bytes;
    }
    return sum;
  }
}
