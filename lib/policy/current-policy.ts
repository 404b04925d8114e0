import { type FileStamps, stampFiles } from './file-stamps.ts';
import { Policy } from './policy.ts';
import type { PolicyProblem } from './policy-error.ts';
import { PolicyReader } from './policy-reader.ts';

/** A policy, or what is wrong with it. */
export interface LoadedPolicy {
  /** Undefined where there are problems. */
  readonly policy: Policy | undefined;
  readonly problems: readonly PolicyProblem[];
}

interface Known {
  readonly paths: ReadonlySet<string>;
  readonly stamps: FileStamps;
  readonly loaded: LoadedPolicy;
}

/**
 * The policy in folders as it is now: read again when a file of it has changed. Files are looked at
 * once for each turn of the event loop, however often it is asked.
 */
export class CurrentPolicy {
  readonly #folders: readonly string[];
  readonly #legacyFolder: string | undefined;
  #known: Known | undefined;
  #isFresh = false;

  /** As `loadPolicy`. */
  constructor(folders: readonly string[], legacyFolder?: string) {
    this.#folders = folders;
    this.#legacyFolder = legacyFolder;
  }

  /** The same object as long as nothing has changed. */
  get(): LoadedPolicy {
    const known = this.#known;
    if (known === undefined || !this.#isStillGood(known)) return this.#load();
    return known.loaded;
  }

  #isStillGood({ paths, stamps }: Known): boolean {
    if (this.#isFresh) return true;
    this.#keepForThisTurn();
    return stamps.isSettled && stampFiles(paths).text === stamps.text;
  }

  #load(): LoadedPolicy {
    this.#keepForThisTurn();
    const reader = new PolicyReader(this.#legacyFolder);
    reader.readFolders(this.#folders);
    const { rules, problems, paths } = reader;
    const policy = problems.length === 0 ? new Policy(rules) : undefined;
    // After the reading: what has changed meanwhile is not settled, and will be read again.
    this.#known = { paths, stamps: stampFiles(paths), loaded: { policy, problems } };
    return this.#known.loaded;
  }

  #keepForThisTurn(): void {
    this.#isFresh = true;
    setImmediate(() => {
      this.#isFresh = false;
    }).unref();
  }
}
