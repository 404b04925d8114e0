import { Channel } from '../base/channel.ts';
import { CancelledError, QubesRpcError, UsageError } from '../base/errors.ts';
import type { HeaderReport, PartReport, QubeReport } from '../base/report.ts';
import type { Backup, Listener, Outcome, RecoverOptions, Selection, WorkOptions } from './api.ts';
import { MemberCursor } from './start/backup-start.ts';
import { CatSink } from './recover/cat-sink.ts';
import type { ChunkStore } from './chunk/chunk.ts';
import type { KeyDerivation } from './chunk/key-derivation.ts';
import type { Decompressor } from './compression/decompress.ts';
import { ContentCheck } from './recover/content-check.ts';
import { ExtractSink } from './recover/extract-sink.ts';
import type { ContentOptions } from './inner/take-content.ts';
import type { MetadataDocument } from './start/metadata-reader.ts';
import { EMPTY_PART, type Part } from './recover/part.ts';
import type { PartSink } from './recover/part-sink.ts';
import { Choice } from './recover/plan.ts';
import { Recovery } from './recover/recovery.ts';
import { RunReport } from './recover/run-report.ts';
import type { SealedChunks } from './chunk/sealed-chunks.ts';
import type { BackupFormat } from './format/backup-format.ts';
import type { BackupMetadata, BackupQube } from './metadata/metadata.ts';
import type { BackupSource } from './outer/source.ts';
import { guardStall } from './outer/stall.ts';
import { VerifySink } from './recover/verify-sink.ts';

/** What opening a backup brought together. */
export interface OpenedParts {
  readonly source: BackupSource;
  readonly header: HeaderReport;
  /** Tells this backup from all others. */
  readonly identity: string;
  readonly format: BackupFormat;
  /** The members behind those that were read already. */
  readonly members: MemberCursor;
  /** How many were read. */
  readonly membersRead: number;
  readonly document: MetadataDocument;
  readonly store: ChunkStore;
  readonly opener: SealedChunks;
  readonly decompress: Decompressor;
  readonly derivation: KeyDerivation;
  readonly jobs: number;
  /** Whether `members` goes on to the end of the archive. */
  readonly everything: boolean;
  /** Seconds. */
  readonly stallTimeout: number;
  readonly signal: AbortSignal;
  /** Ends what is still going on. */
  readonly ending: AbortController;
  readonly onEvent: Listener;
}

/** One pass over the archive. */
interface Pass {
  readonly choice: Choice;
  readonly sink: PartSink;
  readonly report: RunReport;
  readonly signal: AbortSignal;
  /** Files of the backup that need not be read again. */
  readonly finished: ReadonlySet<string>;
  readonly failFast: boolean;
}

/** A backup whose header was proven and whose metadata was read. */
export class OpenedBackup implements Backup {
  readonly header: HeaderReport;
  readonly identity: string;
  readonly metadata: BackupMetadata;
  readonly #opened: OpenedParts;
  readonly #qubeAt: ReadonlyMap<string, BackupQube>;
  #cursorUsed = false;

  constructor(opened: OpenedParts) {
    this.#opened = opened;
    this.header = opened.header;
    this.identity = opened.identity;
    this.metadata = opened.document.metadata;
    const qubes = [...this.metadata.qubes.values()];
    this.#qubeAt = new Map(
      qubes.flatMap((qube) => {
        const { path } = qube.backup;
        return path === undefined ? [] : [[path, qube]];
      }),
    );
  }

  plan(selection: Selection = {}): readonly QubeReport[] {
    return this.#choice(selection).plan();
  }

  async verify(options: WorkOptions = {}): Promise<Outcome> {
    return await this.recover(new VerifySink(this.#contentOptions(options)), options);
  }

  async recover(sink: PartSink, options: RecoverOptions = {}): Promise<Outcome> {
    const choice = this.#choice(options);
    const report = this.#newReport(choice);
    const earlier = options.finished ?? new Map<string, PartReport>();
    for (const part of choice.possibleParts()) {
      const found = earlier.get(part.file);
      if (found !== undefined) report.resumed(part, found);
    }
    const finished = new Set(earlier.keys());
    const pass = { ...this.#plain(options), choice, report, sink, finished };
    const wholeArchive = await this.#pass(pass);
    return { ...report.outcome(), wholeArchive };
  }

  async extract(folder: string, options: WorkOptions = {}): Promise<Outcome> {
    const choice = this.#choice(options);
    const report = this.#newReport(choice);
    const { source, identity, document, header } = this.#opened;
    const sink = await ExtractSink.open(folder, identity, this.#contentOptions(options));
    try {
      await sink.writeMetadata(document.xml);
      const finished = await this.#resume(choice, sink, report);
      const tell = (outcome: Outcome): Promise<void> =>
        sink.writeReport(source.name, header.backupId, outcome);
      try {
        await this.#pass({ ...this.#plain(options), choice, report, sink, finished });
      } catch (error) {
        if (error instanceof QubesRpcError) {
          // The first failure is the one to tell.
          await tell({ ...report.outcome(), ok: false, failure: error.code }).catch(
            () => undefined,
          );
        }
        throw error;
      }
      const outcome = report.outcome();
      await tell(outcome);
      return outcome;
    } finally {
      await sink.close();
    }
  }

  async *cat(qube: string, part: string): AsyncGenerator<Uint8Array, void, undefined> {
    const choice = this.#choice({ include: [`${qube}:${part}`] });
    const report = this.#newReport(choice);
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#opened.signal, stop.signal]);
    const output = new Channel<Uint8Array>(4);
    const sink = new CatSink(async (bytes) => await output.push(bytes));
    const work = this.#pass({ ...this.#plain({}), choice, report, sink, signal }).then(
      () => output.end(report.firstError),
      (error: unknown) => output.end(error),
    );
    try {
      yield* output;
    } finally {
      stop.abort(new CancelledError('Nobody reads on'));
      await work;
    }
  }

  async close(): Promise<void> {
    this.#opened.ending.abort(new CancelledError('The backup was closed'));
    await this.#opened.members.close();
    await this.#opened.source.close();
    await this.#opened.derivation.end();
  }

  /** @returns whether the archive was gone through to its end */
  async #pass({ choice, sink, report, signal, finished, failFast }: Pass): Promise<boolean> {
    const { source, format, store, opener, decompress, jobs, document } = this.#opened;
    if (format.notProven !== undefined) {
      report.warning({ code: 'not-proven', message: format.notProven });
    }
    const recovery = new Recovery(
      {
        store,
        opener,
        decompress,
        sink: new ContentCheck(sink, document.metadata, report),
        jobs,
        failFast,
        file: source.file,
        macBeside: format.macBeside,
        partOf: (folder, file) => {
          const qube = this.#qubeAt.get(folder);
          return qube === undefined ? undefined : choice.partAt(qube, file);
        },
        wanted: (part) => choice.wantsPart(part) && !finished.has(part.file),
      },
      report,
      signal,
    );
    let readToTheEnd = false;
    try {
      readToTheEnd = await recovery.run(this.#members(choice, signal));
    } finally {
      for (const part of this.#absent(choice, report)) {
        if (readToTheEnd) report.missing(part);
        else report.notReached(part);
      }
    }
    return readToTheEnd;
  }

  /** Parts that must be there and were not met. */
  *#absent(choice: Choice, report: RunReport): Generator<Part, void, undefined> {
    for (const part of choice.requiredParts()) if (!report.wasMet(part.file)) yield part;
    for (const { name, selected, parts } of choice.plan()) {
      const qube = this.metadata.qubes.get(name);
      if (!selected || qube?.backup.path === undefined) continue;
      const placeholder = {
        qube: name,
        part: EMPTY_PART,
        file: `${qube.backup.path}/${EMPTY_PART}`,
      };
      if (parts.length === 0 && choice.wants(placeholder) && !report.wasMetAnyOf(name)) {
        yield placeholder;
      }
    }
  }

  /** The members that a pass goes through. */
  #members(
    choice: Choice,
    signal: AbortSignal,
  ): AsyncIterable<Parameters<MemberCursor['putBack']>[0]> {
    const { source, members, membersRead, everything, stallTimeout } = this.#opened;
    if (source.filters && !everything) {
      const prefixes = choice.prefixes();
      return prefixes.length === 0
        ? new MemberCursor((async function* () {})())
        : guardStall(source.members(prefixes, signal), stallTimeout, signal);
    }
    if (!this.#cursorUsed) {
      this.#cursorUsed = true;
      return members;
    }
    if (source.file === undefined) {
      throw new UsageError(`Cannot read ${source.name} again: it is a stream`);
    }
    return skip(source.members([], signal), membersRead);
  }

  /** Puts what earlier runs finished into the report. */
  async #resume(choice: Choice, sink: ExtractSink, report: RunReport): Promise<Set<string>> {
    const finished = new Set<string>();
    for (const part of choice.possibleParts()) {
      const found = await sink.finished(part);
      if (found === undefined) continue;
      for (const one of found) report.resumed(part, one);
      finished.add(part.file);
    }
    return finished;
  }

  #choice(selection: Selection): Choice {
    return new Choice(this.metadata, selection);
  }

  #newReport(choice: Choice): RunReport {
    const report = new RunReport(choice.plan(), this.#opened.onEvent);
    for (const message of this.metadata.warnings) {
      report.warning({ code: 'content', message, file: 'qubes.xml' });
    }
    return report;
  }

  #plain({ failFast = false }: WorkOptions): Pick<Pass, 'signal' | 'finished' | 'failFast'> {
    return { signal: this.#opened.signal, finished: new Set(), failFast };
  }

  #contentOptions({ digest = false }: WorkOptions): ContentOptions {
    return { alwaysDigest: digest, signal: this.#opened.signal };
  }
}

async function* skip<T>(
  source: AsyncIterable<T>,
  count: number,
): AsyncGenerator<T, void, undefined> {
  let left = count;
  for await (const item of source) if (left-- <= 0) yield item;
}
