import { mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { diskError } from '../base/disk-error.ts';
import { systemErrorCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { PolicyCall } from '../policy/verdict.ts';

/** A log longer than this begins anew. */
const MAX_LOG_BYTES = 1024 * 1024;
const MAX_LINE = 2000;

/** What was called in an embedded system and what became of it, and what dom0's services say. */
export class QrexecLog {
  readonly #path: string;

  /** @param root folder of the system */
  constructor(root: string) {
    this.#path = join(root, 'run', 'qrexec.log');
  }

  /**
   * Opens it for what is to be added at its end.
   * @throws NeedsError when the disk refuses
   */
  async open(): Promise<FileHandle> {
    try {
      // Where there is no system nothing is left of a call.
      await mkdir(dirname(this.#path), 0o700).catch(unlessThere);
      const log = await open(this.#path, 'a', 0o600);
      if ((await log.stat()).size > MAX_LOG_BYTES) await log.truncate();
      return log;
    } catch (error) {
      throw diskError(error, 'open', this.#path);
    }
  }

  /** Adds a line about a call. */
  async tell({ service, argument, source, target }: PolicyCall, end: string): Promise<void> {
    const line = `qrexec: ${service}+${argument}: ${source} -> ${target}: ${end}`;
    const log = await this.open();
    try {
      await log.write(`${printable(line, MAX_LINE)}\n`);
    } finally {
      await log.close();
    }
  }
}

function unlessThere(error: unknown): void {
  if (systemErrorCode(error) !== 'EEXIST') throw error;
}
