import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { QubesException } from '../base/admin-error.ts';
import { reasonOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { MACHINE_FILE, MachineSettings } from './machine.ts';

const MAX_BYTES = 256 * 1024;

/** The settings of the machine, read again when their file has changed. */
export class MachineFile {
  readonly #path: string;
  #read: { readonly mark: string; readonly settings: MachineSettings } | undefined;

  /** @param root folder of the system */
  constructor(root: string) {
    this.#path = join(root, MACHINE_FILE);
  }

  /**
   * What the file says now; nothing when there is none.
   * @throws QubesException when it cannot be understood
   */
  read(): MachineSettings {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    const mark = stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
    if (this.#read?.mark !== mark) {
      const settings = stats === undefined ? {} : this.#parse(stats.size);
      this.#read = { mark, settings };
    }
    return this.#read.settings;
  }

  #parse(size: number): MachineSettings {
    if (size > MAX_BYTES) throw this.#failure(`it is larger than ${MAX_BYTES} bytes`);
    const parsed = MachineSettings.safeParse(this.#untrustedContent());
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') ?? '';
    const reason = issue?.message ?? 'it is not what is expected';
    throw this.#failure(place === '' ? reason : `${place}: ${reason}`);
  }

  #untrustedContent(): unknown {
    try {
      return JSON.parse(readFileSync(this.#path, 'utf8'));
    } catch (error) {
      throw this.#failure(error instanceof SyntaxError ? 'it is not JSON' : reasonOf(error));
    }
  }

  #failure(reason: string): QubesException {
    return new QubesException(`Cannot use ${printable(this.#path)}: ${printable(reason)}`);
  }
}
