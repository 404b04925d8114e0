import { existsSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

import { systemErrorCode } from './errors.ts';

/**
 * Calls back when a file was made, replaced or removed, also where its folder is not there yet. It
 * does not keep the process. Where the system has no more watches to give, nobody is called.
 * @returns what ends it
 */
export function watchFile(path: string, listener: () => void): () => void {
  const watching = new FileWatch(path, listener);
  return () => watching.close();
}

class FileWatch {
  readonly #path: string;
  readonly #listener: () => void;
  #watcher: FSWatcher | undefined;

  constructor(path: string, listener: () => void) {
    this.#path = path;
    this.#listener = listener;
    this.#watch(path);
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Watches for a file or, until its folder is there, for the nearest folder that is missing. */
  #watch(awaited: string): void {
    this.close();
    const folder = dirname(awaited);
    try {
      this.#watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === basename(awaited)) this.#onChange(awaited);
        // What is said of a folder that is removed itself.
        else if (name === basename(folder)) this.#watch(this.#path);
      });
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') this.#watch(folder);
      return;
    }
    this.#watcher.on('error', () => this.close());
    // It may have come before it was watched for.
    if (awaited !== this.#path && existsSync(awaited)) this.#onChange(awaited);
  }

  #onChange(changed: string): void {
    if (changed !== this.#path) this.#watch(this.#path);
    if (changed === this.#path || existsSync(this.#path)) this.#listener();
  }
}
