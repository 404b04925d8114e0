/**
 * The small database that dom0 and one running qube share. Paths begin with `/` and have at most 63
 * letters, digits and `_-/.:@`; values at most 3071 bytes, none of them NUL. What the qube
 * wrote is the qube's own claim. Every method rejects with QubesException when path or value are not
 * such, the database is full, or closed because the qube has stopped.
 */
export interface QubesDb {
  /** Untrusted value of a path; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Untrusted paths that begin like this, in order. */
  list(prefix: string): Promise<readonly string[]>;
  /** Untrusted values of all paths that begin like this, in order. */
  multiread(prefix: string): Promise<ReadonlyMap<string, Uint8Array>>;
  write(path: string, value: string | Uint8Array): Promise<void>;
  /** Removes a path, or with a `/` at its end all below it; what is not there is no error. */
  remove(path: string): Promise<void>;
  /**
   * Calls back with each path that is written or removed, by whomever.
   * @param path of one entry, or with a `/` at its end for all below it
   * @returns what ends it
   */
  watch(path: string, listener: (path: string) => void): Promise<() => void>;
  close(): Promise<void>;
}

/** The door to the databases of qubes. */
export interface QubesDbDoor {
  /** Makes the database of a qube that begins to run; empty. */
  start(qube: { readonly name: string; readonly uuid: string }): Promise<void>;
  /** The qube has stopped. */
  stop(qube: { readonly name: string; readonly uuid: string }): Promise<void>;
  /**
   * @param qube its name
   * @returns undefined when it has none: it does not run
   */
  open(qube: string): Promise<QubesDb | undefined>;
}
