import { AdminError, QubesException } from '../../base/admin-error.ts';
import { diskError } from '../../base/disk-error.ts';
import { NeedsError, reasonOf, systemErrorCode } from '../../base/errors.ts';
import type { App } from '../app.ts';
import type { StoreFile } from './store-file.ts';
import { STORE } from './store-error.ts';
import type { StoreWriter } from './store-writer.ts';

/** Somebody who waits until a change is on disk. */
interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** A write under way: all that had changed before it began. */
interface Write {
  readonly version: number;
  readonly waiters: Waiter[];
}

/**
 * Brings changes to the disk. One write goes on at a time; who asks while it does and has changed
 * something since it began shares the next one with all others. When a write fails, everything that
 * is not on disk is taken back, and all who wait are told.
 */
export class StoreSaver {
  readonly #app: App;
  readonly #writer: StoreWriter;
  readonly #file: Pick<StoreFile, 'replace'>;
  /** Version of what is on disk; undefined when a failed write leaves it open. */
  #onDisk: number | undefined;
  #current: Write | undefined;
  #waiting: Waiter[] = [];
  #work: Promise<void> = Promise.resolve();

  /** For an App that is just as the file says. */
  constructor(app: App, writer: StoreWriter, file: Pick<StoreFile, 'replace'>) {
    this.#app = app;
    this.#writer = writer;
    this.#file = file;
    this.#onDisk = app.version;
  }

  /**
   * Resolves when all that has changed so far is on disk. It has to be called in the same step as the
   * change, before anything is waited for: a change may be taken back while one waits.
   * @throws QubesException when it cannot be written
   */
  save(): Promise<void> {
    const { version } = this.#app;
    if (this.#current === undefined && version === this.#onDisk) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const covered = this.#current?.version === version;
      const waiters = covered ? (this.#current?.waiters ?? []) : this.#waiting;
      waiters.push({ resolve, reject });
      if (this.#current === undefined) this.#work = this.#writeAll();
    });
  }

  /** Writes even if nothing has changed, because the file is not as this program would write it. */
  saveAnyway(): Promise<void> {
    this.#onDisk = undefined;
    return this.save();
  }

  /** Resolves when no write is under way or wanted. */
  async idle(): Promise<void> {
    await this.#work;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const write = { version: this.#app.version, waiters: this.#waiting };
      this.#current = write;
      this.#waiting = [];
      const changes = this.#app.changes.length;
      try {
        await this.#file.replace(this.#writer.bytes());
        this.#app.changes.forget(changes);
        this.#onDisk = write.version;
        for (const waiter of write.waiters) waiter.resolve();
      } catch (error) {
        this.#fail(write, error);
      }
    }
    this.#current = undefined;
  }

  #fail({ waiters }: Write, error: unknown): void {
    this.#app.changes.rollBackTo(0);
    this.#onDisk = undefined;
    // What the others wait for is taken back as well.
    const all = [...waiters, ...this.#waiting];
    this.#waiting = [];
    for (const waiter of all) waiter.reject(toAdminError(error));
  }
}

/** The refusal of a disk as callers get to see it; anything else is a fault and stays one. */
function toAdminError(error: unknown): unknown {
  if (error instanceof AdminError) return error;
  const refusal = error instanceof NeedsError ? error.cause : error;
  if (systemErrorCode(refusal) === undefined) return error;
  return new QubesException(reasonOf(diskError(refusal, 'save', STORE)), { cause: refusal });
}
