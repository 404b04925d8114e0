import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { diskError } from '../../base/disk-error.ts';
import { UsageError } from '../../base/errors.ts';
import type { Folder } from '../../base/folder.ts';
import { lockFile } from '../../base/lock-file.ts';
import { printable } from '../../base/printable.ts';

/** In the target folder: what was finished there, a JSON object a line. */
export const JOURNAL_NAME = '.qubes-restore.jsonl';

const count = z.int().nonnegative();
const digest = z.string().regex(/^[0-9a-f]{64}$/);

const journalEntry = z.strictObject({
  backup: z.string(),
  /** File inside the backup. */
  file: z.string(),
  bytes: count,
  dataBytes: count,
  chunks: count.optional(),
  sha256: digest.optional(),
  dataSha256: digest.optional(),
  /** Offset and length of each data extent; only of images too large for `sha256`. */
  extents: z.array(z.tuple([count, count])).optional(),
});

/** A part that was finished: what must be found on disk for it to count as still finished. */
export type JournalEntry = z.infer<typeof journalEntry>;

/**
 * What earlier runs finished in a folder. An entry is written, to the disk, before its file gets its
 * final name: a file of that name without an entry is somebody else's.
 */
export class Journal {
  readonly #file: FileHandle;
  readonly #backup: string;
  readonly #finished: ReadonlyMap<string, JournalEntry>;

  private constructor(file: FileHandle, backup: string, finished: Map<string, JournalEntry>) {
    this.#file = file;
    this.#backup = backup;
    this.#finished = finished;
  }

  /**
   * @param backup id of the backup; entries of others do not count
   * @throws NeedsError when the journal cannot be opened
   * @throws UsageError when another run has it open: two would take each other's half-written files
   *   for their own
   */
  static async open(folder: Folder, backup: string): Promise<Journal> {
    const file = (await folder.has(JOURNAL_NAME))
      ? await folder.openFile(JOURNAL_NAME, constants.O_RDWR | constants.O_APPEND)
      : await folder.createFile(JOURNAL_NAME);
    if (!(await lockFile(file))) {
      await file.close();
      throw new UsageError(
        `Cannot extract to ${printable(folder.path)}: another run is writing there`,
        { hint: 'Wait for it to end, or choose another folder.' },
      );
    }
    const text = await file.readFile('utf8');
    const finished = new Map<string, JournalEntry>();
    for (const line of text.split('\n')) {
      const entry = parseEntry(line);
      if (entry?.backup === backup) finished.set(entry.file, entry);
    }
    // A line that was cut off by a crash must not swallow the next one.
    if (text !== '' && !text.endsWith('\n')) await file.appendFile('\n');
    return new Journal(file, backup, finished);
  }

  find(file: string): JournalEntry | undefined {
    return this.#finished.get(file);
  }

  /** Returns when the entry is on disk. */
  async add(entry: Omit<JournalEntry, 'backup'>): Promise<void> {
    try {
      await this.#file.appendFile(`${JSON.stringify({ backup: this.#backup, ...entry })}\n`);
      await this.#file.sync();
    } catch (error) {
      throw diskError(error, 'write', JOURNAL_NAME);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function parseEntry(untrustedLine: string): JournalEntry | undefined {
  try {
    return journalEntry.safeParse(JSON.parse(untrustedLine)).data;
  } catch {
    return undefined;
  }
}
