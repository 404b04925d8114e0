import { stockOwner } from './stock-files.ts';

/** For whom files are put where they go. */
export interface Place {
  /** `/usr`, or what stands in for it. */
  readonly prefix: string;
  /** The first line of programs; undefined leaves it to the PATH. */
  readonly interpreter: string | undefined;
  /** Whether a package of Qubes OS owns a path: what has it is installed beside. */
  isTaken(path: string): boolean;
}

/** Packages for Qubes OS. */
export const QUBES_OS: Place = {
  prefix: '/usr',
  // A service must not depend on the PATH of whom it runs as.
  interpreter: '/usr/bin/node',
  isTaken: (path) => stockOwner(path) !== undefined,
};

/** A system of one's own, with nothing of Qubes OS: `make install`. */
export function ownSystem(prefix: string): Place {
  return { prefix, interpreter: undefined, isTaken: () => false };
}
