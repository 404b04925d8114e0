import { NeedsError, DamagedError } from '../../base/errors.ts';
import type { MemoryBudget } from '../../base/memory-budget.ts';
import { Semaphore } from '../../base/semaphore.ts';
import { formatSize } from '../../base/size.ts';
import type { Limits } from '../api.ts';
import { KeyProcess } from './key-process.ts';
import {
  scryptCost,
  scryptKeys,
  type ScryptKeys,
  scryptMemory,
  type ScryptParameters,
} from './scrypt-format.ts';

/** What the scrypt program itself refuses; also keeps 2^logN and N·r·p exact in a number. */
const MAX_LOG_N = 40;
const MAX_R_P = 2 ** 30;

/**
 * Derives keys, several at a time, within the memory budget, and never before the cost that the
 * untrusted container asks for has been checked (R7).
 */
export class KeyDerivation {
  readonly #budget: MemoryBudget;
  readonly #limits: Pick<Limits, 'kdfMemory' | 'kdfCost'>;
  readonly #slots: Semaphore;
  readonly #signal: AbortSignal;
  readonly #processes = new Set<KeyProcess>();
  readonly #idle: KeyProcess[] = [];

  constructor(
    budget: MemoryBudget,
    limits: Pick<Limits, 'kdfMemory' | 'kdfCost'>,
    jobs: number,
    signal: AbortSignal,
  ) {
    this.#budget = budget;
    this.#limits = limits;
    this.#slots = new Semaphore(jobs);
    this.#signal = signal;
    signal.addEventListener('abort', () => void this.end(), { once: true });
  }

  /**
   * Refuses what would cost too much, and makes room in the budget for what would not.
   * @throws NeedsError above a limit, DamagedError when the numbers make no sense
   */
  accept(untrusted: ScryptParameters): void {
    const { logN, r, p } = untrusted;
    if (logN < 1 || logN > MAX_LOG_N || r < 1 || p < 1 || r * p >= MAX_R_P) {
      throw new DamagedError(
        `Cannot derive a key: its cost parameters make no sense (logN ${logN}, r ${r}, p ${p})`,
        { stage: 'key' },
      );
    }
    const memory = scryptMemory(untrusted);
    if (memory > this.#limits.kdfMemory) {
      throw new NeedsError(
        `Refusing to derive a key that takes ${formatSize(memory)} of memory: ` +
          `the limit is ${formatSize(this.#limits.kdfMemory)}`,
        {
          stage: 'key',
          hint: 'If the backup was really made with this cost, raise --max-kdf-memory.',
        },
      );
    }
    const cost = scryptCost(untrusted);
    if (cost > this.#limits.kdfCost) {
      throw new NeedsError(
        `Refusing to derive a key of cost N·r·p = ${cost}: the limit is ${this.#limits.kdfCost}`,
        {
          stage: 'key',
          hint: 'If the backup was really made with this cost, raise --max-kdf-cost.',
        },
      );
    }
    this.#budget.expectDerivation(memory);
  }

  /** @throws what {@link accept} throws, and the signal's reason when the run is ended */
  async derive(passphrase: string, parameters: ScryptParameters): Promise<ScryptKeys> {
    this.accept(parameters);
    const memory = scryptMemory(parameters);
    return await this.#slots.run(this.#signal, async () => {
      const release = await this.#budget.takeForDerivation(memory, this.#signal);
      try {
        return scryptKeys(await this.#run(passphrase, parameters));
      } finally {
        release();
      }
    });
  }

  /** Ends every process, after the signal's abort; resolves when all of them are gone. */
  async end(): Promise<void> {
    await Promise.all([...this.#processes].map((child) => child.end()));
  }

  async #run(passphrase: string, parameters: ScryptParameters): Promise<Uint8Array> {
    // Who starts a process after the end leaves it alone.
    this.#signal.throwIfAborted();
    const child = this.#idle.pop() ?? new KeyProcess();
    this.#processes.add(child);
    try {
      const derived = await child.derive(passphrase, parameters);
      this.#idle.push(child);
      return derived;
    } catch (error) {
      await child.end();
      this.#processes.delete(child);
      this.#signal.throwIfAborted();
      throw error;
    }
  }
}
