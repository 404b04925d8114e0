/** The small database that dom0 and one running qube share. What it holds is the qube's own claim. */
export interface QubesDb {
  /** Untrusted value of a path; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Untrusted paths that begin like this, in order. */
  list(prefix: string): Promise<readonly string[]>;
}

/** The door to the databases of qubes. */
export interface QubesDbDoor {
  /**
   * @param qube its name
   * @returns undefined when it has none: it does not run
   */
  open(qube: string): Promise<QubesDb | undefined>;
}
