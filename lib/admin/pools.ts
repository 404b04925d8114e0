import { UsageError } from '../base/errors.ts';
import type { AdminCalls } from './calls.ts';
import { pair } from './qube-facts.ts';
import { parseNames, replyLines, unreadable } from './reply-text.ts';

/** A kind of pools, and the options one takes. */
export interface PoolDriverFacts {
  readonly name: string;
  readonly options: readonly string[];
}

/** The pools of the system. Of one that is not there the daemon says PermissionDenied. */
export class Pools {
  readonly #calls: AdminCalls;

  constructor(calls: AdminCalls) {
    this.#calls = calls;
  }

  async list(): Promise<readonly string[]> {
    return parseNames('admin.pool.List', await this.#text('List', ''));
  }

  async drivers(): Promise<readonly PoolDriverFacts[]> {
    const method = 'admin.pool.ListDrivers';
    return replyLines(await this.#text('ListDrivers', '')).map((untrustedLine) => {
      const [name, ...options] = untrustedLine.split(' ');
      if (name === undefined || name === '') throw unreadable(method, untrustedLine);
      return { name, options };
    });
  }

  /** Driver, its options, and size and usage in bytes where they are known. */
  async info(pool: string): Promise<ReadonlyMap<string, string>> {
    return new Map(replyLines(await this.#text('Info', pool)).map(pair));
  }

  /** Names of the volumes in it, as the pool has them. */
  async volumes(pool: string): Promise<readonly string[]> {
    const method = 'admin.pool.volume.List';
    return replyLines(await this.#calls.text(method, { argument: pool }));
  }

  /** @throws UsageError when an option cannot be carried */
  async add(name: string, driver: string, options: ReadonlyMap<string, string>): Promise<void> {
    const lines = [['name', name] as const, ...options].map(([key, value]) => {
      if (/[\0\n]/.test(`${key}${value}`) || key.includes('=')) {
        throw new UsageError(`Cannot add a pool with that ${key}: it holds a line break`);
      }
      return `${key}=${value}\n`;
    });
    await this.#text('Add', driver, lines.join(''));
  }

  /** The data in it stay. @throws QubesPoolInUseError */
  async remove(pool: string): Promise<void> {
    await this.#text('Remove', pool);
  }

  async set(
    pool: string,
    setting: 'revisions_to_keep' | 'ephemeral_volatile',
    value: string,
  ): Promise<void> {
    await this.#text(`Set.${setting}`, pool, value);
  }

  #text(verb: string, argument: string, payload = ''): Promise<string> {
    return this.#calls.text(`admin.pool.${verb}`, { argument, payload });
  }
}
