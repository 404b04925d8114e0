import { closeSync, openSync, writeSync } from 'node:fs';

import { diskError } from '../../base/disk-error.ts';
import type { Output } from '../output.ts';

const OWNER_ONLY = 0o600;

/**
 * A file that gets all that is written to some outputs, and how the run ended: for whoever started it
 * in a terminal whose text and exit status cannot be had.
 */
export class RunLog {
  readonly #descriptor: number;

  /** @throws NeedsError when the file cannot be made */
  constructor(file: string, outputs: readonly Output[]) {
    try {
      this.#descriptor = openSync(file, 'w', OWNER_ONLY);
    } catch (error) {
      throw diskError(error, 'create', file);
    }
    for (const output of outputs) output.onWritten = (data) => this.#write(data);
  }

  /** Its last line is `exit code: STATUS`. */
  end(status: number): void {
    this.#write(`\nexit code: ${status}\n`);
    closeSync(this.#descriptor);
  }

  #write(data: Uint8Array | string): void {
    writeSync(this.#descriptor, Buffer.from(data));
  }
}
