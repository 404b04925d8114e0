/** What takes the bytes of a new backup. */
export interface BackupTaker {
  /** Resolves when the block has been handed over: it must not change before {@link finish}. */
  take(block: Uint8Array): Promise<void>;
  /** Returns when all of it is where it should be, and on disk. */
  finish(): Promise<void>;
  /** Leaves nothing behind that could be taken for a backup. Instead of `finish`, or after it failed. */
  abandon(): Promise<void>;
}
