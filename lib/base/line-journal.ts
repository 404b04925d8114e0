import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import { diskError } from './disk-error.ts';
import type { UsageError } from './errors.ts';
import type { Folder } from './folder.ts';
import { lockFile } from './lock-file.ts';

/**
 * A file that work notes in what it has done, so that the next run can go on from there: a JSON
 * object a line. It is locked while it is open, by a lock that dies with the process.
 */
export class LineJournal<Entry> {
  /** What earlier runs noted, in order; lines that a crash cut off are left out. */
  readonly earlier: readonly Entry[];
  readonly #file: FileHandle;
  readonly #folder: Folder;
  readonly #name: string;

  private constructor(file: FileHandle, folder: Folder, name: string, earlier: readonly Entry[]) {
    this.#file = file;
    this.#folder = folder;
    this.#name = name;
    this.earlier = earlier;
  }

  /**
   * @param parse gives undefined for a line that cannot be understood
   * @param busy what to say when another process has it open
   * @throws NeedsError when it cannot be opened
   */
  static async open<Entry>(
    folder: Folder,
    name: string,
    parse: (untrusted: unknown) => Entry | undefined,
    busy: () => UsageError,
  ): Promise<LineJournal<Entry>> {
    const file = await openLocked(folder, name, busy);
    const text = await file.readFile('utf8');
    // A line that was cut off by a crash must not swallow the next one.
    if (text !== '' && !text.endsWith('\n')) await file.appendFile('\n');
    return new LineJournal(file, folder, name, readLines(text, parse));
  }

  /** Returns when the entry is on disk. @throws NeedsError */
  async add(entry: Entry): Promise<void> {
    try {
      await this.#file.appendFile(`${JSON.stringify(entry)}\n`);
      await this.#file.sync();
    } catch (error) {
      throw diskError(error, 'write', this.#name);
    }
  }

  /** Nothing is left to go on from. Nothing can be added any more. */
  async remove(): Promise<void> {
    await this.#folder.remove(this.#name);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** What was opened may have been removed by who had the lock before: then there is a new one. */
async function openLocked(
  folder: Folder,
  name: string,
  busy: () => UsageError,
): Promise<FileHandle> {
  for (;;) {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
    const file = await folder.openFile(name, flags);
    const isLocked = await lockFile(file);
    const there = await folder.stat(name);
    if (isLocked && there?.ino === (await file.stat()).ino) return file;
    await file.close();
    if (!isLocked) throw busy();
  }
}

/** The entries of such a file; what cannot be understood is left out. */
export function readLines<Entry>(
  untrustedText: string,
  parse: (untrusted: unknown) => Entry | undefined,
): readonly Entry[] {
  return untrustedText.split('\n').flatMap((untrustedLine) => {
    try {
      return parse(JSON.parse(untrustedLine)) ?? [];
    } catch {
      return [];
    }
  });
}
