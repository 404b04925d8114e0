import * as z from 'zod';
import { UsageError } from '../../base/errors.ts';
import type { Folder } from '../../base/folder.ts';
import { LineJournal } from '../../base/line-journal.ts';
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
  readonly #lines: LineJournal<JournalEntry>;
  readonly #backup: string;
  readonly #finished: ReadonlyMap<string, JournalEntry>;

  private constructor(lines: LineJournal<JournalEntry>, backup: string) {
    this.#lines = lines;
    this.#backup = backup;
    const ours = lines.earlier.filter((entry) => entry.backup === backup);
    this.#finished = new Map(ours.map((entry) => [entry.file, entry]));
  }

  /**
   * @param backup id of the backup; entries of others do not count
   * @throws NeedsError when the journal cannot be opened
   * @throws UsageError when another run has it open: two would take each other's half-written files
   *   for their own
   */
  static async open(folder: Folder, backup: string): Promise<Journal> {
    const parse = (untrusted: unknown): JournalEntry | undefined =>
      journalEntry.safeParse(untrusted).data;
    const lines = await LineJournal.open(folder, JOURNAL_NAME, parse, () => {
      const hint = 'Wait for it to end, or choose another folder.';
      const place = printable(folder.path);
      return new UsageError(`Cannot extract to ${place}: another run is writing there`, { hint });
    });
    return new Journal(lines, backup);
  }

  find(file: string): JournalEntry | undefined {
    return this.#finished.get(file);
  }

  /** Returns when the entry is on disk. */
  async add(entry: Omit<JournalEntry, 'backup'>): Promise<void> {
    await this.#lines.add({ backup: this.#backup, ...entry });
  }

  async close(): Promise<void> {
    await this.#lines.close();
  }
}
