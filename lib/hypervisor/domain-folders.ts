import { rmdirSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { makePath } from '../base/make-path.ts';

const OWNER_ONLY = 0o700;
const CONSOLE = 'console';

/** What a qube of an embedded system is made of while it runs: its home, and a folder in `run`. */
export class DomainFolders {
  readonly #root: string;

  /** @param root folder of the system */
  constructor(root: string) {
    this.#root = root;
  }

  /** Makes what a qube needs; a home that is there already is its own from before. */
  async begin(name: string): Promise<void> {
    await makePath(this.#home(name), OWNER_ONLY);
    await makePath(this.#run(name), OWNER_ONLY);
    await writeFile(
      this.console(name),
      `${name} runs on an embedded system: nothing runs in it but the services it is asked for.\n`,
      { mode: 0o600 },
    );
  }

  /** What it showed goes; what services of it have left stays. */
  end(name: string): void {
    try {
      rmSync(this.console(name), { force: true });
      rmdirSync(this.#run(name));
    } catch {
      // It is not empty, or the next run of the qube will say what is wrong.
    }
  }

  /** The qube is no more. */
  async remove(name: string): Promise<void> {
    await rm(this.#home(name), { recursive: true, force: true });
    await rm(this.#run(name), { recursive: true, force: true });
  }

  console(name: string): string {
    return join(this.#run(name), CONSOLE);
  }

  #home(name: string): string {
    return join(this.#root, 'home', name);
  }

  #run(name: string): string {
    return join(this.#root, 'run', name);
  }
}
