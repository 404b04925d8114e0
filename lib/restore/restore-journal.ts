import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { realpath } from 'node:fs/promises';

import * as z from 'zod';

import { UsageError } from '../base/errors.ts';
import { type Folder, openFolder } from '../base/folder.ts';
import { LineJournal, readLines } from '../base/line-journal.ts';
import { makeFolder } from '../base/make-folder.ts';
import { type NotSet, type PartReport, partReport } from '../base/report.ts';
import type { Progress } from './qube-progress.ts';

const qube = z.string();

/** A line: what was done of a qube, which is called as in the backup. */
const note = z.discriminatedUnion('note', [
  /** The next thing is to make it, if nobody else has taken the name. */
  z.strictObject({ note: z.literal('making'), qube, newName: z.string() }),
  z.strictObject({ note: z.literal('made'), qube, uuid: z.string().optional() }),
  z.strictObject({ note: z.literal('set'), qube }),
  z.strictObject({
    note: z.literal('not-set'),
    qube,
    what: z.string(),
    reason: z.string(),
    /** Set where that was its firewall. */
    lacksFirewall: z.boolean().optional(),
  }),
  z.strictObject({ note: z.literal('part'), qube, report: partReport }),
  /** A part that had been taken turned out to be bad. */
  z.strictObject({ note: z.literal('lost'), qube, file: z.string() }),
  z.strictObject({ note: z.literal('complete'), qube }),
  z.strictObject({ note: z.literal('done'), qube }),
  /** It was removed again, or never made. */
  z.strictObject({ note: z.literal('gone'), qube }),
  /** dom0's home was restored. */
  z.strictObject({ note: z.literal('home'), report: partReport }),
]);

type Note = z.infer<typeof note>;

/** All that the notes say of one qube. */
export interface QubeNotes {
  readonly newName: string;
  /** Undefined where the run ended before it knew, and where the daemon does not tell. */
  readonly uuid: string | undefined;
  readonly progress: Progress;
  readonly notSet: readonly NotSet[];
  readonly lacksFirewall: boolean;
  readonly parts: ReadonlyMap<string, PartReport>;
}

/** Notes by the names of qubes in the backup; those that are gone are left out. */
export type AllNotes = ReadonlyMap<string, QubeNotes>;

/**
 * What a restore has done so far, on disk before it goes on: by that the next run of the same backup
 * knows what a run that broke off has left, and what of it is its own.
 */
export class RestoreJournal {
  readonly earlier: AllNotes;
  /** The home that an earlier run has restored. */
  readonly earlierHome: PartReport | undefined;
  readonly #folder: Folder;
  readonly #lines: LineJournal<Note>;

  private constructor(folder: Folder, lines: LineJournal<Note>) {
    this.#folder = folder;
    this.#lines = lines;
    this.earlier = gather(lines.earlier);
    this.earlierHome = lines.earlier.findLast((one) => one.note === 'home')?.report;
  }

  /**
   * @param state folder for journals; made if it is not there
   * @param identity tells the backup from all others
   * @throws UsageError while another run restores the same backup
   */
  static async open(state: string, identity: string): Promise<RestoreJournal> {
    const folder = await makeFolder(state, 0o700);
    try {
      const lines = await LineJournal.open(folder, fileName(identity), parseNote, () => {
        const hint = 'Wait for it to end.';
        return new UsageError('Another run restores this backup at the moment', { hint });
      });
      return new RestoreJournal(folder, lines);
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  /** What the journal of a backup says, if somebody is at work: as of now. */
  static async read(state: string, identity: string): Promise<AllNotes> {
    const path = await realpath(state).catch(() => undefined);
    if (path === undefined) return new Map();
    const folder = await openFolder(path);
    try {
      if (!(await folder.has(fileName(identity)))) return new Map();
      const file = await folder.openFile(fileName(identity), constants.O_RDONLY);
      const text = await file.readFile('utf8').finally(() => file.close());
      return gather(readLines(text, parseNote));
    } finally {
      await folder.close();
    }
  }

  /** Returns when it is on disk. */
  async add(entry: Note): Promise<void> {
    await this.#lines.add(entry);
  }

  /** There is nothing left to go on with. */
  async remove(): Promise<void> {
    await this.#lines.remove();
  }

  async close(): Promise<void> {
    await this.#lines.close();
    await this.#folder.close();
  }
}

/** An identity is text out of an archive. */
function fileName(identity: string): string {
  return `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}.jsonl`;
}

function parseNote(untrusted: unknown): Note | undefined {
  return note.safeParse(untrusted).data;
}

function gather(notes: readonly Note[]): AllNotes {
  const all = new Map<string, QubeNotes>();
  for (const one of notes) {
    if (one.note === 'home') continue;
    const before = all.get(one.qube);
    if (one.note === 'gone') all.delete(one.qube);
    else if (one.note === 'making') all.set(one.qube, nothingYet(one.newName));
    else if (before !== undefined) all.set(one.qube, { ...before, ...changed(before, one) });
  }
  return all;
}

function nothingYet(newName: string): QubeNotes {
  const nothing = { uuid: undefined, notSet: [], lacksFirewall: false, parts: new Map() };
  return { ...nothing, newName, progress: 'made' };
}

function changed(
  { notSet, lacksFirewall, parts }: QubeNotes,
  one: Exclude<Note, { readonly note: 'gone' | 'making' | 'home' }>,
): Partial<QubeNotes> {
  switch (one.note) {
    case 'made':
      return { uuid: one.uuid };
    case 'not-set': {
      const { what, reason } = one;
      return {
        notSet: [...notSet, { what, reason }],
        lacksFirewall: lacksFirewall || one.lacksFirewall === true,
      };
    }
    case 'part':
      return { parts: new Map([...parts, [one.report.file, one.report]]) };
    case 'lost':
      return { parts: new Map([...parts].filter(([file]) => file !== one.file)) };
    default:
      return { progress: one.note };
  }
}
