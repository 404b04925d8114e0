import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { isFileName } from '../base/file-name.ts';
import type { KernelFacts } from './storage.ts';

interface Known {
  readonly mtimeMs: number;
  readonly facts: KernelFacts;
}

/** The folder of the installed kernels, one folder each; a kernel is looked at again when its folder has changed. */
export class KernelFolder {
  readonly #path: string;
  readonly #known = new Map<string, Known>();

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns undefined when no kernel of that name is installed */
  facts(name: string): KernelFacts | undefined {
    if (!isFileName(name)) return undefined;
    const path = join(this.#path, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() !== true) return undefined;
    const known = this.#known.get(name);
    if (known?.mtimeMs === stats.mtimeMs) return known.facts;
    const facts = factsOf(path);
    this.#known.set(name, { mtimeMs: stats.mtimeMs, facts });
    return facts;
  }
}

function factsOf(path: string): KernelFacts {
  return {
    complete: existsSync(join(path, 'vmlinuz')),
    optionsWithPci: options(join(path, 'default-kernelopts-pci.txt')),
    options: options(join(path, 'default-kernelopts-nopci.txt')),
    commonOptions: options(join(path, 'default-kernelopts-common.txt')),
    supportsMemoryHotplug: existsSync(join(path, 'memory-hotplug-supported')),
  };
}

function options(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}
