import { constants } from 'node:fs';
import { UsageError } from '../../base/errors.ts';
import type { Folder } from '../../base/folder.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { printable } from '../../base/printable.ts';
import type { PartReport } from '../../base/report.ts';
import { writeFileIn } from '../../base/write-file.ts';
import type { Outcome } from '../api.ts';
import { MAX_EXPANDED_DIGEST } from '../inner/content-digest.ts';
import { isStillFinished } from './finished-part.ts';
import { extractHome } from './home-folder.ts';
import { readHomeFolder } from './home-folder-digest.ts';
import { writeImage } from './image-file.ts';
import type { ContentOptions } from '../inner/take-content.ts';
import type { DataBlock, InnerEntry, SparseContent } from '../inner/inner-entry.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { takenLink, writeLink } from './link.ts';
import { EMPTY_PART, type Part, partFileName } from './part.ts';
import { childPart, partReportOf } from './part-report.ts';
import type { PartSink, TakenChild, TakenContent } from './part-sink.ts';
import { summaryOf } from './summary.ts';
import { VerifySink } from './verify-sink.ts';

const METADATA_NAME = 'qubes.xml';
const REPORT_NAME = 'report.json';

/** Writes parts into a folder: `QUBE/root.img`, `QUBE/firewall.xml`, `dom0/home`. */
export class ExtractSink implements PartSink {
  readonly #folder: Folder;
  readonly #journal: Journal;
  readonly #options: ContentOptions;
  readonly #qubes = new Map<string, Promise<Folder>>();

  private constructor(folder: Folder, journal: Journal, options: ContentOptions) {
    this.#folder = folder;
    this.#journal = journal;
    this.#options = options;
  }

  /**
   * @param backup its id: by it the work of earlier runs is recognised
   * @throws NeedsError when the folder cannot be made or opened
   */
  static async open(path: string, backup: string, options: ContentOptions): Promise<ExtractSink> {
    const folder = await makeFolder(path);
    return new ExtractSink(folder, await Journal.open(folder, backup), options);
  }

  /**
   * Puts the backup's metadata beside the parts.
   * @throws UsageError when the folder holds that of another backup
   */
  async writeMetadata(xml: Uint8Array): Promise<void> {
    if (await this.#folder.has(METADATA_NAME)) {
      const file = await this.#folder.openFile(METADATA_NAME, constants.O_RDONLY);
      const there = await file.readFile().finally(() => file.close());
      if (there.equals(xml)) return;
      throw new UsageError(
        `Cannot extract to ${printable(this.#folder.path)}: it holds another backup's ${METADATA_NAME}`,
        { hint: 'Choose another folder.' },
      );
    }
    await writeFileIn(this.#folder, METADATA_NAME, xml);
  }

  /** Leaves the report of the run beside the parts: a `summary` event of the report schema. */
  async writeReport(
    archive: string,
    backupId: string | undefined,
    outcome: Outcome,
  ): Promise<void> {
    const report = summaryOf('extract', archive, backupId, outcome);
    const text = `${JSON.stringify(report, null, 2)}\n`;
    const writing = writeFileIn(this.#folder, REPORT_NAME, new TextEncoder().encode(text));
    // On a full disk the run has failed already, and the first failure is the one to tell.
    await (outcome.ok ? writing : writing.catch(() => undefined));
  }

  /**
   * What an earlier run finished of this part, if it is still there unchanged.
   * @throws UsageError when something else is in the part's place
   */
  async finished(part: Part): Promise<readonly PartReport[] | undefined> {
    if (part.whole !== undefined) return await this.#finishedWhole(part);
    const entry = this.#journal.find(journalKey(part));
    const name = partFileName(part);
    if (part.part === EMPTY_PART || !(await this.#folder.has(part.qube))) return undefined;
    const qube = await this.#qubeFolder(part.qube);
    if (!(await qube.has(name))) return undefined;
    if (entry !== undefined && (await isStillFinished(qube, name, entry, this.#options.signal))) {
      return [partReportOf(part, { ...entry, path: pathOf(part) })];
    }
    // A file that this backup put here and that has changed since is done again. Whatever nobody
    // noted is somebody else's, and a folder is never moved.
    if (entry !== undefined && (await qube.stat(name))?.isFile() === true) return undefined;
    throw inTheWay(part, `${qube.path}/${name}`);
  }

  async takeFile(part: Part, content: SparseContent): Promise<TakenContent> {
    if (part.part === EMPTY_PART)
      return await new VerifySink(this.#options).takeFile(part, content);
    const recorder = new ExtentRecorder(content);
    const qube = await this.#qubeFolder(part.qube);
    const name = partFileName(part);
    const summary = await writeImage(qube, name, recorder, {
      ...this.#options,
      beforeNaming: async (summary) => {
        await this.#journal.add(entryOf(part, summary, recorder.extents));
        await moveAside(qube, name);
      },
    });
    return { ...summary, path: pathOf(part) };
  }

  async takeFolder(part: Part, entries: AsyncIterable<InnerEntry>): Promise<TakenContent> {
    if (part.whole !== undefined) {
      const taken = await extractHome(entries, part.file, this.#folder, part.qube, {
        ...this.#options,
        beforeNaming: async (summary) => await this.#journal.add(entryOf(part, summary)),
      });
      return { ...taken, inside: childrenIn(part.qube, taken.inside) };
    }
    const qube = await this.#qubeFolder(part.qube);
    const summary = await extractHome(entries, part.file, qube, partFileName(part), {
      ...this.#options,
      beforeNaming: async (summary) => await this.#journal.add(entryOf(part, summary)),
    });
    return { ...summary, path: pathOf(part) };
  }

  async takeLink(part: Part, untrustedTarget: string): Promise<TakenContent> {
    const taken = takenLink(untrustedTarget);
    const qube = await this.#qubeFolder(part.qube);
    await writeLink(qube, partFileName(part), untrustedTarget, () =>
      this.#journal.add(entryOf(part, taken)),
    );
    return { ...taken, path: pathOf(part) };
  }

  async discard(part: Part): Promise<void> {
    if (part.whole !== undefined) await this.#folder.removeTree(part.qube);
    else await (await this.#qubeFolder(part.qube)).removeTree(partFileName(part));
  }

  async close(): Promise<void> {
    for (const qube of this.#qubes.values()) await (await qube).close();
    await this.#journal.close();
    await this.#folder.close();
  }

  /** A qube whose folder is one file of the backup is finished as a whole or not at all. */
  async #finishedWhole(part: Part): Promise<readonly PartReport[] | undefined> {
    if (!(await this.#folder.has(part.qube))) return undefined;
    const { signal } = this.#options;
    const tree = await readHomeFolder(this.#folder, part.qube, signal);
    const entry = this.#journal.find(journalKey(part));
    if (tree === undefined || tree.digest() !== entry?.sha256) {
      throw inTheWay(part, `${this.#folder.path}/${part.qube}`);
    }
    return childrenIn(part.qube, tree.inside()).map((child) =>
      partReportOf(childPart(part, child), child),
    );
  }

  async #qubeFolder(qube: string): Promise<Folder> {
    let opened = this.#qubes.get(qube);
    if (opened === undefined) {
      opened = this.#folder
        .has(qube)
        .then((there) => (there ? this.#folder.openFolder(qube) : this.#folder.makeFolder(qube)));
      this.#qubes.set(qube, opened);
    }
    return await opened;
  }
}

/** Keeps what was changed after an earlier run, as `NAME.changed`, `NAME.changed-2`… */
async function moveAside(folder: Folder, name: string): Promise<void> {
  if (!(await folder.has(name))) return;
  let aside = `${name}.changed`;
  for (let count = 2; await folder.has(aside); count++) aside = `${name}.changed-${count}`;
  await folder.rename(name, aside);
}

function inTheWay(part: Part, path: string): UsageError {
  return new UsageError(
    `Cannot extract to ${path}: what is there is not what this backup holds, or not all of it`,
    { ...part, hint: 'Move it away, or choose another folder.' },
  );
}

function childrenIn(folder: string, children: readonly TakenChild[]): TakenChild[] {
  return children.map((child) => ({
    ...child,
    path: `${folder}/${printable(child.untrustedName)}`,
  }));
}

/** A folder of which something was left out is not the same as the whole one. */
function journalKey({ file, whole }: Part): string {
  return `${file}${whole?.choice ?? ''}`;
}

function pathOf(part: Part): string {
  return `${part.qube}/${partFileName(part)}`;
}

function entryOf(
  part: Part,
  summary: TakenContent,
  extents?: readonly (readonly [number, number])[],
): Omit<JournalEntry, 'backup'> {
  const { bytes, dataBytes, sha256, dataSha256 } = summary;
  return {
    file: journalKey(part),
    bytes,
    dataBytes,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(dataSha256 === undefined ? {} : { dataSha256 }),
    ...(extents === undefined ? {} : { extents: extents.map(([at, length]) => [at, length]) }),
  };
}

/** Notes where the data of a very large image is: it is too large to be compared as a whole. */
class ExtentRecorder implements SparseContent {
  readonly size: number;
  readonly extents: [number, number][] | undefined;
  readonly #content: SparseContent;

  constructor(content: SparseContent) {
    this.size = content.size;
    this.#content = content;
    this.extents = content.size > MAX_EXPANDED_DIGEST ? [] : undefined;
  }

  async *blocks(): AsyncGenerator<DataBlock, void, undefined> {
    for await (const block of this.#content.blocks()) {
      const last = this.extents?.at(-1);
      if (last !== undefined && last[0] + last[1] === block.offset) last[1] += block.bytes.length;
      else this.extents?.push([block.offset, block.bytes.length]);
      yield block;
    }
  }
}
