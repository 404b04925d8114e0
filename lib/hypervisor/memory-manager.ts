/**
 * The door to what moves memory between running qubes. All of it rejects with QubesException when
 * it cannot be reached.
 */
export interface MemoryManager {
  /** Bytes that qubes could be started with at present; undefined where nobody says. */
  available(): Promise<number | undefined>;
  /**
   * Has a running qube keep only what it needs at present.
   * @param xid of its domain
   * @param signal ends the waiting; what was asked for may be done all the same
   */
  shrink(xid: number, signal: AbortSignal): Promise<void>;
  /** Calls back when what is available may have changed. @returns what ends it */
  watch(listener: () => void): () => void;
}
