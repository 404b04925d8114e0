import { setMaxListeners } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { Channel } from '../../base/channel.ts';
import {
  CancelledError,
  DamagedError,
  NotReadableError,
  QubesRpcError,
  systemErrorCode,
} from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { Semaphore } from '../../base/semaphore.ts';
import type { Chunk, ChunkStore } from '../chunk/chunk.ts';
import { collect } from '../collect.ts';
import {
  MAX_CHUNKS_AHEAD,
  MAX_FOREIGN_REPORTED,
  MAX_HEADER_BYTES,
  MAX_PARTS_OF_QUBE,
} from '../limits.ts';
import { type MemberName, parseMemberName } from '../outer/member-name.ts';
import type { OuterEntry } from '../outer/outer-entry.ts';
import type { Part } from './part.ts';
import { type PartTools, recoverPart } from './recover-part.ts';
import type { RunReport } from './run-report.ts';

export interface RecoveryTools extends Omit<PartTools, 'onBytes' | 'signal' | 'lookAhead'> {
  readonly store: ChunkStore;
  /** The file that the entries' offsets refer to, if they come from one. */
  readonly file: FileHandle | undefined;
  /** How many parts are worked on at the same time. */
  readonly jobs: number;
  /** Whether each chunk has its MAC in a member behind it. */
  readonly macBeside: boolean;
  /** The part a file of the backup is, or undefined if it belongs to no qube of it. */
  readonly partOf: (folder: string, file: string) => Part | undefined;
  readonly wanted: (part: Part) => boolean;
  readonly failFast: boolean;
}

interface OpenPart {
  readonly part: Part;
  readonly chunks: Channel<Chunk>;
}

/** A chunk that stands before its MAC; without one if it was refused already. */
interface Waiting {
  readonly name: string;
  readonly chunk?: Chunk;
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
  readonly #late = new Set<string>();
  readonly #partsOf = new Map<string, number>();
  #current: OpenPart | undefined;
  #waiting: Waiting | undefined;
  #foreign = 0;
  /** Parts that are worked on now. */
  #active = 0;

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
      await this.#pushWaiting();
      this.#closeCurrent();
    } catch (error) {
      const told = this.#fail(error);
      this.#waiting?.chunk?.drop();
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
    if (name?.kind === 'chunk-mac' && name.name === this.#waiting?.name) {
      await this.#pushWaiting(await macBytes(entry));
      return;
    }
    await this.#pushWaiting();
    if (entry.type !== 'file' || name === undefined || !this.#belongs(name)) {
      this.#foreignMember(entry, 'no backup has a member like that');
      return;
    }
    const part = this.#tools.partOf(name.folder, name.file);
    if (part === undefined) {
      this.#foreignMember(entry, 'it belongs to no qube of this backup');
      return;
    }
    if (!this.#tools.wanted(part)) return;
    if (name.kind === 'chunk-mac') {
      this.#foreignMember(entry, 'the chunk that it proves does not stand before it');
      return;
    }
    if (this.#current?.part.file !== part.file) {
      if (this.#running.has(part.file)) {
        await this.#lateChunk(part, name.chunk);
        this.#waiting = { name: name.name };
        return;
      }
      this.#closeCurrent();
      if (this.#isOneTooMany(part)) {
        this.#foreignMember(entry, `no qube has more than ${MAX_PARTS_OF_QUBE} files`);
        return;
      }
      this.#open(part);
    }
    const chunk = await this.#chunkOf(entry, name.name, name.chunk);
    this.#waiting = { name: name.name, chunk };
    if (!this.#tools.macBeside) await this.#pushWaiting();
  }

  /** Whether members of that kind are in backups of this format. */
  #belongs(name: MemberName): name is Extract<MemberName, { kind: 'chunk' | 'chunk-mac' }> {
    const { macBeside } = this.#tools;
    return name.kind === 'chunk'
      ? name.encrypted !== macBeside
      : name.kind === 'chunk-mac' && macBeside;
  }

  /** Hands the chunk whose turn it is to its part; that it has no MAC is found when it is opened. */
  async #pushWaiting(untrustedMac?: Uint8Array): Promise<void> {
    const waiting = this.#waiting?.chunk;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    const chunk = untrustedMac === undefined ? waiting : { ...waiting, untrustedMac };
    if ((await this.#current?.chunks.push(chunk)) !== true) chunk.drop();
  }

  async #chunkOf(entry: OuterEntry, name: string, number: number): Promise<Chunk> {
    const { file, store, opener } = this.#tools;
    if (file !== undefined && entry.offset !== undefined) {
      return store.ofFile(name, number, file, entry.offset, entry.size);
    }
    let begun: ReturnType<typeof opener.begin> | undefined;
    const chunk = await store.ofStream(name, number, entry, (head) => {
      begun = opener.begin(name, head);
    });
    begun?.(chunk);
    return chunk;
  }

  /** An archive of very many tiny files must not take memory without end. */
  #isOneTooMany({ qube }: Part): boolean {
    const parts = (this.#partsOf.get(qube) ?? 0) + 1;
    this.#partsOf.set(qube, parts);
    return parts > MAX_PARTS_OF_QUBE;
  }

  #open(part: Part): void {
    const chunks = new Channel<Chunk>(MAX_CHUNKS_AHEAD);
    this.#current = { part, chunks };
    const work = this.#slots.run(this.#signal, async () => {
      this.#active++;
      try {
        this.#report.begin(part);
        const taken = await recoverPart(part, chunks, {
          ...this.#tools,
          // Together the parts keep all jobs busy, and come to their ends at about the same time.
          lookAhead: () => Math.ceil(this.#tools.jobs / this.#active),
          signal: this.#signal,
          onBytes: (bytes) => this.#report.progress(part, bytes),
        });
        this.#report.recovered(part, taken);
      } finally {
        this.#active--;
      }
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
    // The first says it all.
    if (this.#late.has(part.file)) return;
    this.#late.add(part.file);
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
    // A file system that takes no file of this size takes others: it need not be full.
    const tooLarge = systemErrorCode(error.cause) === 'EFBIG';
    const { stage, isLocal = error.code === 'damaged' || stage === 'key' || tooLarge } =
      error.facts;
    return isLocal && !this.#tools.failFast;
  }
}

/** A MAC is small; of anything larger nothing is taken, which is no MAC either. */
async function macBytes(entry: OuterEntry): Promise<Uint8Array> {
  return entry.type === 'file' && entry.size <= MAX_HEADER_BYTES
    ? await collect(entry.data(), entry.size)
    : new Uint8Array(0);
}
