/** One file of a home being written. */
export interface HomeFileSink {
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** The file is complete. */
  finish(size: number, mode: number, mtime: number): Promise<void>;
  /** Ends the work on it, complete or not. */
  close(): Promise<void>;
}

/**
 * Where a home goes. All paths are lists of checked file names below the home folder, which exists;
 * their parents were made before, and nothing is made twice.
 */
export interface HomeSink {
  makeFolder(path: readonly string[]): Promise<void>;
  createFile(path: readonly string[]): Promise<HomeFileSink>;
  symlink(untrustedTarget: string, path: readonly string[]): Promise<void>;
  /** A second name for a file or symlink made before. */
  link(existing: readonly string[], path: readonly string[]): Promise<void>;
  /** Called once for each folder when nothing more comes into it, the home folder's own last. */
  finishFolder(path: readonly string[], mode: number, mtime: number): Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/** Takes a home and keeps nothing: for checking one. */
export const DISCARD_HOME: HomeSink = {
  makeFolder: nothing,
  createFile: async () => ({ write: nothing, finish: nothing, close: nothing }),
  symlink: nothing,
  link: nothing,
  finishFolder: nothing,
};
