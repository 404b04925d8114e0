import { setMaxListeners } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { Channel } from '../../base/channel.ts';
import {
  CancelledError,
  DamagedError,
  NotReadableError,
  QubesRpcError,
} from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { Semaphore } from '../../base/semaphore.ts';
import type { Chunk, ChunkStore } from '../chunk/chunk.ts';
import { MAX_FOREIGN_REPORTED } from '../limits.ts';
import { parseMemberName } from '../outer/member-name.ts';
import type { OuterEntry } from '../outer/outer-entry.ts';
import type { Part } from './part.ts';
import { type PartTools, recoverPart } from './recover-part.ts';
import type { RunReport } from './run-report.ts';

export interface RecoveryTools extends Omit<PartTools, 'onBytes' | 'signal'> {
  readonly store: ChunkStore;
  /** The file that the entries' offsets refer to, if they come from one. */
  readonly file: FileHandle | undefined;
  /** How many parts are worked on at the same time. */
  readonly jobs: number;
  /** The part a file of the backup is, or undefined if it belongs to no qube of it. */
  readonly partOf: (folder: string, file: string) => Part | undefined;
  readonly wanted: (part: Part) => boolean;
  readonly failFast: boolean;
}

interface OpenPart {
  readonly part: Part;
  readonly chunks: Channel<Chunk>;
}

/**
 * Goes through the members of an archive in its order, hands each chunk to its part, and lets
 * several parts be worked on at the same time. Damage to one part ends that part only.
 */
export class Recovery {
  readonly #tools: RecoveryTools;
  readonly #report: RunReport;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #slots: Semaphore;
  readonly #running = new Map<string, Promise<void>>();
  #current: OpenPart | undefined;
  #foreign = 0;

  constructor(tools: RecoveryTools, report: RunReport, signal: AbortSignal) {
    this.#tools = tools;
    this.#report = report;
    this.#signal = AbortSignal.any([signal, this.#end.signal]);
    setMaxListeners(0, this.#signal);
    this.#slots = new Semaphore(tools.jobs);
  }

  /**
   * @returns true if the archive was gone through to its end, or to where it is cut off
   * @throws CancelledError when the run was ended from outside; everything else is in the report
   */
  async run(entries: AsyncIterable<OuterEntry>): Promise<boolean> {
    try {
      for await (const entry of entries) {
        this.#signal.throwIfAborted();
        await this.#dispatch(entry);
        this.#report.passed(entry.size);
      }
      this.#closeCurrent();
    } catch (error) {
      const told = this.#fail(error);
      // Whether the file was at its end here, its compressor and its tar know.
      this.#closeCurrent();
      if (!told) this.#end.abort(error);
    }
    await Promise.all(this.#running.values());
    if (this.#signal.reason instanceof CancelledError) throw this.#signal.reason;
    if (this.#signal.aborted && !(this.#signal.reason instanceof QubesRpcError)) {
      throw this.#signal.reason;
    }
    return !this.#signal.aborted;
  }

  async #dispatch(entry: OuterEntry): Promise<void> {
    const name = parseMemberName(entry.untrustedName);
    if (entry.type !== 'file' || name?.kind !== 'chunk' || !name.encrypted) {
      this.#foreignMember(entry, 'no backup has a member like that');
      return;
    }
    const part = this.#tools.partOf(name.folder, name.file);
    if (part === undefined) {
      this.#foreignMember(entry, 'it belongs to no qube of this backup');
      return;
    }
    if (!this.#tools.wanted(part)) return;
    if (this.#current?.part.file !== part.file) {
      this.#closeCurrent();
      if (this.#running.has(part.file)) {
        await this.#lateChunk(part, name.chunk);
        return;
      }
      this.#open(part);
    }
    const chunk = await this.#chunkOf(entry, name.name, name.chunk);
    if ((await this.#current?.chunks.push(chunk)) !== true) chunk.drop();
  }

  async #chunkOf(entry: OuterEntry, name: string, number: number): Promise<Chunk> {
    const { file, store, opener } = this.#tools;
    if (file !== undefined && entry.offset !== undefined) {
      return store.ofFile(name, number, file, entry.offset, entry.size);
    }
    let keys: ReturnType<typeof opener.derive> | undefined;
    const chunk = await store.ofStream(name, number, entry, (head) => {
      keys = opener.derive(name, head);
      keys.catch(() => undefined);
    });
    if (keys !== undefined) opener.adopt(chunk, keys);
    return chunk;
  }

  #open(part: Part): void {
    const chunks = new Channel<Chunk>();
    this.#current = { part, chunks };
    const work = this.#slots.run(this.#signal, async () => {
      this.#report.begin(part);
      const taken = await recoverPart(part, chunks, {
        ...this.#tools,
        signal: this.#signal,
        onBytes: (bytes) => this.#report.progress(part, bytes),
      });
      this.#report.recovered(part, taken);
    });
    this.#running.set(
      part.file,
      work.catch((error: unknown) => {
        for (const chunk of chunks.peek()) chunk.drop();
        if (!this.#fail(error, part)) this.#end.abort(error);
      }),
    );
  }

  #closeCurrent(): void {
    this.#current?.chunks.end();
    this.#current = undefined;
  }

  /** A chunk of a file that was closed, because another file's chunks came in between. */
  async #lateChunk(part: Part, number: number): Promise<void> {
    await this.#running.get(part.file);
    const error = new DamagedError(
      `The file's chunks are not in order: chunk ${number} stands behind another file's`,
      { ...part, chunk: number, stage: 'order' },
    );
    if (this.#report.isRecovered(part)) await this.#tools.sink.discard(part);
    if (!this.#fail(error, part)) this.#end.abort(error);
  }

  #foreignMember(entry: OuterEntry, why: string): void {
    this.#foreign++;
    if (this.#foreign > MAX_FOREIGN_REPORTED) {
      throw new NotReadableError(
        `The archive holds more than ${MAX_FOREIGN_REPORTED} members that do not belong there`,
      );
    }
    this.#fail(
      new DamagedError(
        `The archive holds "${printable(entry.untrustedName)}", which was left out: ${why}`,
        { stage: 'name' },
      ),
    );
  }

  /**
   * Puts an error into the report, once.
   * @returns false if the run cannot go on after it
   */
  #fail(error: unknown, part?: Part): boolean {
    // Once the run is ending, what breaks off is a consequence, not news.
    if (this.#signal.aborted) {
      if (part !== undefined) this.#report.interrupted(part);
      return true;
    }
    if (!(error instanceof QubesRpcError) || error.code === 'cancelled') return false;
    this.#report.error(error, part);
    const local = error.code === 'damaged' || error.facts.stage === 'key';
    return local && !this.#tools.failFast;
  }
}
