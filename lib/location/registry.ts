import { constants } from 'node:fs';
import { mkdir, open, unlink } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';

import { systemErrorCode } from '../base/errors.ts';
import { readRange } from '../base/read-range.ts';
import { acceptLocation, MAX_LOCATION_BYTES } from './location-line.ts';
import { processStartTime } from './process-start-time.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 8;

/** What identifies a registered location: a name as `mktemp` makes it. */
export const LOCATION_ID = /^[A-Za-z0-9]{8}$/;

/**
 * The backup locations that other qubes may read for now: a folder with one file for each, named by
 * its id, holding `PID STARTTIME`, a line break, the location, a line break. An entry is good as
 * long as that process lives. The stock services read and write the same files.
 */
export class LocationRegistry {
  readonly #folder: string;

  constructor(folder = defaultFolder()) {
    this.#folder = folder;
  }

  /**
   * Registers `location` for as long as this process lives or until it is removed.
   * @throws the system's error when the folder cannot be written
   */
  async register(location: string): Promise<{ id: string; remove(): Promise<void> }> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const started = await processStartTime(process.pid);
    const text = `${process.pid} ${started ?? ''}\n${location}\n`;
    for (;;) {
      const id = randomId();
      const path = join(this.#folder, id);
      try {
        const file = await open(path, 'wx', 0o600);
        await file.writeFile(text).finally(() => file.close());
        return { id, remove: () => removeFile(path) };
      } catch (error) {
        if (systemErrorCode(error) !== 'EEXIST') throw error;
      }
    }
  }

  /**
   * The location registered under `id`.
   * @param id matches {@link LOCATION_ID}
   * @returns undefined when there is none, or the process that registered it is gone
   */
  async lookUp(id: string): Promise<string | undefined> {
    const text = await this.#read(id);
    const match = /^(\d{1,10}) (\d{1,20})\n[ \t]*([^\n]*?)[ \t]*\n?$/.exec(text ?? '');
    const [, pid, started, untrustedLocation] = match ?? [];
    if (pid === undefined || (await processStartTime(Number(pid))) !== started) return undefined;
    try {
      return acceptLocation(untrustedLocation ?? '');
    } catch {
      return undefined;
    }
  }

  async #read(id: string): Promise<string | undefined> {
    try {
      const file = await open(join(this.#folder, id), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const blocks: Uint8Array[] = [];
        for await (const block of readRange(file, 0, 2 * MAX_LOCATION_BYTES)) blocks.push(block);
        return new TextDecoder().decode(Buffer.concat(blocks));
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }
}

function defaultFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
  const usual = `/run/user/${process.getuid?.() ?? 0}`;
  return join(runtime === '' ? usual : runtime, 'qubes-backup-location');
}

function randomId(): string {
  return Array.from({ length: ID_LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join(
    '',
  );
}

async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  });
}
